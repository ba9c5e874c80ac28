/* A token that is pulled out in the middle: passes everything on to the module named by REAL_MODULE, but before the signature
 * with the number PULL_BEFORE (from 1) the folder PULL_FROM, where SoftHSM keeps its tokens, becomes PULL_TO. C_SignInit is the
 * 43rd function of the list (PKCS#11 2.40). */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

struct list { unsigned char version[2]; void *functions[68]; };
static struct list *real, ours;
static long signatures;

static unsigned long sign_init(unsigned long session, void *mechanism, unsigned long key) {
    unsigned long (*init)(unsigned long, void *, unsigned long) = (unsigned long (*)(unsigned long, void *, unsigned long))real->functions[42];
    if (++signatures == atol(getenv("PULL_BEFORE")) && rename(getenv("PULL_FROM"), getenv("PULL_TO")) != 0) abort();
    return init(session, mechanism, key);
}

unsigned long C_GetFunctionList(struct list **list) {
    void *module = dlopen(getenv("REAL_MODULE"), RTLD_NOW);
    if (!module) return 5;
    unsigned long (*get)(struct list **) = (unsigned long (*)(struct list **))dlsym(module, "C_GetFunctionList");
    unsigned long rv = get(&real);
    if (rv == 0) {
        ours = *real;
        ours.functions[42] = (void *)sign_init;
        *list = &ours;
    }
    return rv;
}
