// Modules that come and go under a watch.
#include "core/live/module_guard.h"
#include "core/live/sampler.h"
#include "tests/support/growing_demo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ModulesLive : public testing::Test {
protected:
    void open()
    {
        Progress progress;
        session_ = Session::open(demo_.options(TypesChoice::Dwarf), progress).value();
        sampler_.emplace(session_, session_->context(), SamplerOptions{.nap = 0ns, .renewPause = 0ns});
    }
    void renewModules()
    {
        sampler_->setRenew([this](RenewReason reason) -> Result<std::optional<Renewal>> {
            EXPECT_EQ(reason, RenewReason::Modules);
            Progress progress;
            auto next = session_->withModulesOfNow(progress);
            if (!next)
                return std::unexpected(next.error());
            if (!*next)
                return std::nullopt;
            session_ = *next;
            return Renewal{session_, session_->context()};
        });
    }
    SubscriptionId watch(std::string expression) { return sampler_->add({ExpressionWatch{std::move(expression)}}); }
    std::shared_ptr<const Sample> tick()
    {
        now_.steady += 1s;
        now_.wall += 1s;
        return sampler_->tick(now_);
    }

    test::GrowingDemo demo_;
    std::shared_ptr<const Session> session_;
    std::optional<Sampler> sampler_;
    Moment now_ = Moment::now();
};

TEST_F(ModulesLive, AWatchOfAModuleStopsWhenItIsUnloadedAndGoesOnAfterwards)
{
    open();
    const auto name = watch("demo_net_device.name");
    const auto comm = watch("init_task.comm");
    const auto good = tick();
    EXPECT_EQ(good->find(name)->value->text, "\"demo0\"");
    demo_.unloadModule();
    const auto lost = tick();
    EXPECT_FALSE(lost->lost) << "the target is there";
    EXPECT_EQ(lost->find(name)->state, ResultState::Lost);
    EXPECT_EQ(lost->find(name)->value, good->find(name)->value);
    EXPECT_THAT(lost->find(name)->error->message(), HasSubstr("demo_net: it is not loaded"));
    EXPECT_EQ(lost->find(comm)->state, ResultState::Value);
    demo_.loadModule();
    EXPECT_EQ(tick()->find(name)->state, ResultState::Value);
}

TEST_F(ModulesLive, ASessionWithTheModulesOfNowTakesOver)
{
    open();
    renewModules();
    const auto name = watch("demo_net::demo_net_device.name");
    tick();
    demo_.unloadModule();
    EXPECT_EQ(tick()->find(name)->state, ResultState::Lost);
    const auto without = tick();
    EXPECT_TRUE(without->renewed);
    EXPECT_EQ(without->find(name)->state, ResultState::Lost);
    EXPECT_THAT(without->find(name)->value->text, "\"demo0\"");
    EXPECT_THAT(session_->modules(), IsEmpty());
    demo_.loadModule();
    tick();
    const auto back = tick();
    EXPECT_EQ(back->find(name)->state, ResultState::Value);
    EXPECT_EQ(back->find(name)->value->text, "\"demo0\"");
}

TEST_F(ModulesLive, AModuleThatIsLoadedLaterIsFound)
{
    demo_.unloadModule();
    open();
    renewModules();
    const auto name = watch("demo_net_device.name");
    EXPECT_EQ(tick()->find(name)->state, ResultState::Error);
    demo_.loadModule();
    tick();
    const auto found = tick();
    EXPECT_EQ(found->find(name)->state, ResultState::Value);
    EXPECT_EQ(found->find(name)->value->text, "\"demo0\"");
}

TEST_F(ModulesLive, AListThatIsBeingChangedHasLostNothing)
{
    open();
    renewModules();
    const auto name = watch("demo_net_device.name");
    tick();
    demo_.breakList();
    EXPECT_EQ(tick()->find(name)->state, ResultState::Value);
    demo_.loadModule();
    EXPECT_EQ(tick()->find(name)->state, ResultState::Value);
}

TEST_F(ModulesLive, WhichModulesANameIsOf)
{
    open();
    const EvalContext context = session_->context();
    EXPECT_THAT(modulesOf(context, "demo_net_device"), ElementsAre("demo_net"));
    EXPECT_THAT(modulesOf(context, "some-module::x"), ElementsAre("some_module"));
    EXPECT_THAT(modulesOf(context, "init_task"), IsEmpty());
    EXPECT_THAT(modulesOf(context, "PAGE_SHIFT"), IsEmpty());
    EXPECT_THAT(modulesOf(context, "nothing_at_all"), IsEmpty());
    const auto loaded = kernel::listLoadedModules(context);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->entries.at(0).name, "demo_net");
    EXPECT_EQ(loaded->entries.at(0).address, session_->modules().at(0).address);
}

} // namespace
} // namespace ks::live
