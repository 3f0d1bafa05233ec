/* File systems, and what an open file leads to. */
#include "kernel.h"

struct list_head super_blocks = LIST_HEAD_INIT(super_blocks);

struct fs_struct init_fs = {.users = 1, .umask = 022};
struct files_struct init_files = {
    .count = {1},
    .fdt = &init_files.fdtab,
    .fdtab = {.max_fds = 64, .fd = &init_files.fd_array[0], .open_fds = init_files.open_fds_init},
};

static loff_t demo_llseek(struct file *file, loff_t offset, int whence)
{
    file->f_pos = whence == 0 ? offset : file->f_pos + offset;
    return file->f_pos;
}

static ssize_t demo_read(struct file *file, char *buffer, size_t count, loff_t *position)
{
    const char *text = linux_banner;
    size_t i;

    for (i = 0; i < count && text[i]; i++)
        buffer[i] = text[i];
    if (position)
        *position += (loff_t)i;
    file->f_pos += (loff_t)i;
    return (ssize_t)i;
}

static int demo_sync_fs(struct super_block *sb, int wait) { return wait && sb->s_root ? 0 : -5; }

const struct file_operations demo_file_operations = {
    .llseek = demo_llseek,
    .read = demo_read,
};

const struct super_operations demo_super_operations = {
    .sync_fs = demo_sync_fs,
};

static struct file_system_type tmpfs_fs_type = {.name = "tmpfs", .fs_flags = 8};
static struct file_system_type proc_fs_type = {.name = "proc", .fs_flags = 8, .next = &tmpfs_fs_type};
struct file_system_type demo_fs_type = {.name = "demofs", .fs_flags = 1, .next = &proc_fs_type};
struct file_system_type *file_systems = &demo_fs_type;

noinline ssize_t vfs_read(struct file *file, char *buffer, size_t count, loff_t *position)
{
    if (!file->f_op->read)
        return -22;
    return file->f_op->read(file, buffer, count, position);
}

noinline ssize_t vfs_write(struct file *file, const char *buffer, size_t count, loff_t *position)
{
    if (!file->f_op->write)
        return -22;
    return file->f_op->write(file, buffer, count, position);
}

noinline long do_poll(struct file *file, long timeout)
{
    (void)file;
    schedule();
    return timeout;
}
