struct dentry {
    unsigned char d_iname[40];
};
enum {
    A = 1,
};
typedef int x;
}
y_t;
