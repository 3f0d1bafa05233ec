/* Files and file systems: enough to have tables of functions, names and long chains of pointers. */
#ifndef DEMO_FS_H
#define DEMO_FS_H

#include "types.h"

struct inode;
struct file;
struct super_block;

struct qstr {
    union {
        struct {
            u32 hash;
            u32 len;
        };
        u64 hash_len;
    };
    const unsigned char *name;
};

struct dentry {
    unsigned int d_flags;
    struct dentry *d_parent;
    struct qstr d_name;
    struct inode *d_inode;
    unsigned char d_iname[32];
    struct super_block *d_sb;
    struct list_head d_child;
    struct list_head d_subdirs;
};

struct vfsmount {
    struct dentry *mnt_root;
    struct super_block *mnt_sb;
    int mnt_flags;
};

struct path {
    struct vfsmount *mnt;
    struct dentry *dentry;
};

struct file_operations {
    struct module *owner;
    loff_t (*llseek)(struct file *file, loff_t offset, int whence);
    ssize_t (*read)(struct file *file, char *buffer, size_t count, loff_t *position);
    ssize_t (*write)(struct file *file, const char *buffer, size_t count, loff_t *position);
    int (*open)(struct inode *inode, struct file *file);
    int (*release)(struct inode *inode, struct file *file);
};

struct super_operations {
    struct inode *(*alloc_inode)(struct super_block *sb);
    void (*destroy_inode)(struct inode *inode);
    int (*sync_fs)(struct super_block *sb, int wait);
};

struct file_system_type {
    const char *name;
    int fs_flags;
    struct module *owner;
    struct file_system_type *next;
};

struct inode {
    umode_t i_mode;
    kuid_t i_uid;
    kgid_t i_gid;
    unsigned int i_flags;
    struct super_block *i_sb;
    unsigned long i_ino;
    union {
        const unsigned int i_nlink;
        unsigned int __i_nlink;
    };
    dev_t i_rdev;
    loff_t i_size;
    struct timespec64 i_mtime;
    const struct file_operations *i_fop;
};

struct super_block {
    struct list_head s_list;
    dev_t s_dev;
    unsigned char s_blocksize_bits;
    unsigned long s_blocksize;
    loff_t s_maxbytes;
    struct file_system_type *s_type;
    const struct super_operations *s_op;
    unsigned long s_flags;
    unsigned long s_magic;
    struct dentry *s_root;
    char s_id[32];
    u8 s_uuid[16];
};

struct file {
    struct path f_path;
    struct inode *f_inode;
    const struct file_operations *f_op;
    atomic_long_t f_count;
    unsigned int f_flags;
    fmode_t f_mode;
    loff_t f_pos;
    void *private_data;
};

struct fs_struct {
    int users;
    int umask;
    struct path root, pwd;
};

struct fdtable {
    unsigned int max_fds;
    struct file **fd;
    unsigned long *open_fds;
};

struct files_struct {
    atomic_t count;
    struct fdtable *fdt;
    struct fdtable fdtab;
    unsigned int next_fd;
    unsigned long open_fds_init[1];
    struct file *fd_array[64];
};

#endif
