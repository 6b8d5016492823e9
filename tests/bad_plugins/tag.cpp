// A plugin that is nothing but a tag, or two.
#define EXPORT extern "C" __attribute__((visibility("default")))
EXPORT const char assay_abi[];
const char assay_abi[] = TAG;
#ifdef SECOND_TAG
EXPORT const char another_abi[];
const char another_abi[] = SECOND_TAG;
#endif
EXPORT void assay_register(void*);
void assay_register(void*) {}
