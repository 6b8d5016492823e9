"""Makes `import torch` work from the wheel whose libraries Assay is built with, where torch itself is not installed.

That wheel is unpacked without its dependencies; requirements-torch.txt has what `import torch` needs of them.
"""
import ctypes
import glob
import importlib.util
import os
import site
import sys


def find():
    """Puts torch on sys.path; raises ImportError where there is none."""
    if importlib.util.find_spec("torch") is not None:
        return
    folders = glob.glob(os.path.expanduser(os.environ.get("XDG_CACHE_HOME", "~/.cache") + "/assay/libtorch-*"))
    if not folders:
        raise ImportError("no torch is installed, and ~/.cache/assay has no LibTorch")
    for packages in site.getsitepackages():
        for name in ("libcufile.so.0", "libcusparseLt.so.0", "libnvshmem_host.so.3"):
            for file in glob.glob(f"{packages}/nvidia/*/lib/{name}"):
                ctypes.CDLL(file, mode=ctypes.RTLD_GLOBAL)
    sys.path.append(sorted(folders)[-1])
