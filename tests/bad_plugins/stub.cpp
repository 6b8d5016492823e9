// Stands for a LibTorch of another place: what counts is its file name.
extern "C" __attribute__((visibility("default"))) int of_another_libtorch() {
  return 1;
}
