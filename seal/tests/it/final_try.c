/* A token on its last try: SoftHSM never says so. Passes everything on to the module named by REAL_MODULE, but tells of
 * each token what REAL_FLAGS adds to its flags. Offsets are those of PKCS#11 2.40: the flags of CK_TOKEN_INFO stand after
 * 96 bytes of text; C_GetTokenInfo is the seventh function of the list. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct list { unsigned char version[2]; void *functions[68]; };
static struct list *real, ours;

static unsigned long token_info(unsigned long slot, char *info) {
    unsigned long (*get)(unsigned long, char *) = (unsigned long (*)(unsigned long, char *))real->functions[6];
    unsigned long rv = get(slot, info), flags;
    if (rv == 0) {
        memcpy(&flags, info + 96, sizeof flags);
        flags |= strtoul(getenv("REAL_FLAGS"), NULL, 0);
        memcpy(info + 96, &flags, sizeof flags);
    }
    return rv;
}

unsigned long C_GetFunctionList(struct list **list) {
    void *module = dlopen(getenv("REAL_MODULE"), RTLD_NOW);
    if (!module) return 5;
    unsigned long (*get)(struct list **) = (unsigned long (*)(struct list **))dlsym(module, "C_GetFunctionList");
    unsigned long rv = get(&real);
    if (rv == 0) {
        ours = *real;
        ours.functions[6] = (void *)token_info;
        *list = &ours;
    }
    return rv;
}
