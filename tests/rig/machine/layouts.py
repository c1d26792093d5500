# SPDX-License-Identifier: GPL-2.0
"""Where real loaders put what they hand over to a guest with 256 MiB, 1 CPU and an initrd, and what it is.

QEMU's (7.2, Debian 12) and those of Xen's domains (4.17, 4.20) are dumps; the others follow from the loaders'
sources: Firecracker 1.16 (src/vmm/src/arch/x86_64), Cloud Hypervisor 53 (arch/src/x86_64), Xen's dom0
(xen/arch/x86/hvm/dom0_build.c).
"""

from handover import World

FIRECRACKER = World(
    start_info=0x6000, modlist=0x6040, memmap_at=0x7000, cmdline=0x20000, rsdp=0,
    memmap=[(0, 0x9fc00, 1), (0x9fc00, 0x40400, 2), (0xeec00000, 0x10000000, 2), (0x100000, 0xff00000, 1)])

CLOUD_HYPERVISOR = World(
    start_info=0x6000, modlist=0x6040, memmap_at=0x7000, cmdline=0x20000, rsdp=0xa0000,
    memmap=[(0, 0xa0000, 1), (0x100000, 0xff00000, 1), (0xe8000000, 0x10000000, 2)])

# libxl, of two releases: all in one page behind the kernel and before the ramdisk. Where that is depends on the
# kernel's size: 0x1bcf000 in the dump. The RSDP lies where Linux would not look for it.
XEN_DOMU_4_17 = World(
    start_info=0x2405000, cmdline=0x2405038, modlist=0x2405060, memmap_at=0x24058a0, rsdp=0xfc008000,
    memmap=[(0, 0x10000000, 1), (0xfeff8000, 0x8000, 2), (0xfc008000, 0x40, 3), (0xfc000000, 0x1000, 3),
            (0xfc001000, 0x7000, 3)])
XEN_DOMU_4_20 = World(
    start_info=0x2405000, cmdline=0x2405038, modlist=0x2405060, memmap_at=0x24058a0, rsdp=0xfc006000,
    memmap=[(0, 0x10000000, 1), (0xfeff8000, 0x8000, 2), (0xfc006000, 0x40, 3), (0xfc000000, 0x1000, 3),
            (0xfc001000, 0x5000, 3)])

# The same for kernels that do not say that they read the RSDP from start_info: an entry lies on another. There is no
# RSDP at 0xfffc0 here, and the kernel does not check it.
XEN_DOMU_LOW_RSDP = World(
    start_info=0x2405000, cmdline=0x2405038, modlist=0x2405090, memmap_at=0x24058d0,
    memmap=[(0, 0x10000000, 1), (0xfeff8000, 0x8000, 2), (0xff000, 0x1000, 3), (0xfc000000, 0x1000, 3),
            (0xfc001000, 0x7000, 3)])

# Xen itself for dom0: version 0, all below the kernel, start_info last and not aligned.
XEN_DOM0 = World(
    version=0, flags=3, start_info=0x102034, cmdline=0x102000, modlist=0x102014, rsdp=0xfffff44, memmap=[])

# SeaBIOS with QEMU's option ROM: never writes what it does not use, so after a reset there is garbage.
SEABIOS_PC = World(
    start_info=0x21e0, modlist=0x21c0, cmdline=0x11c0, memmap_at=0x5a8, flags=0xaaaaaaaa,
    modules=[None], fields={"reserved": 0xaaaaaaaa},
    memmap=[(0, 0x9fc00, 1), (0x9fc00, 0x400, 2), (0xf0000, 0x10000, 2), (0x100000, 0xfee0000, 1),
            (0xffe0000, 0x20000, 2), (0xfffc0000, 0x40000, 2), (0xfd00000000, 0x300000000, 2)])

# qboot: start_info in what was ROM, a list on its stack, an entry too many.
QBOOT = World(
    start_info=0xf31e0, modlist=0x7b7c, cmdline=0xefca0, memmap_at=0xefc10,
    memmap=[(0, 0x9fc00, 1), (0x9fc00, 0x400, 2), (0xd0000, 0x20000, 4), (0xf0000, 0x10000, 2),
            (0x100000, 0xff00000, 1), (0, 0, 0)])

# SeaBIOS on microvm: the end of the initrd lies in a reserved range.
SEABIOS_MICROVM = World(
    rsdp=0, memmap=[(0, 0x9fc00, 1), (0x9fc00, 0x400, 2), (0xf0000, 0x10000, 2), (0x100000, 0xfeff000, 1),
                    (0xffff000, 0x1000, 2), (0xfffc0000, 0x40000, 2)])

# libkrun with 200 MiB: no RSDP, RAM ends one byte behind a page, and there the initrd ends, which begins in mid-page.
LIBKRUN_END = 0xc800000
LIBKRUN = World(
    start_info=0x6000, modlist=0x6040, memmap_at=0x7000, cmdline=0x20000, rsdp=0,
    memmap=[(0, 0x9fc00, 1), (0x9fc00, 0x40400, 2), (0x100000, LIBKRUN_END + 1 - 0x100000, 1)])

BOOTING = {"firecracker": FIRECRACKER, "cloud-hypervisor": CLOUD_HYPERVISOR, "xen-domu-4.17": XEN_DOMU_4_17,
           "xen-domu-4.20": XEN_DOMU_4_20, "xen-domu-low-rsdp": XEN_DOMU_LOW_RSDP, "seabios-pc": SEABIOS_PC,
           "qboot": QBOOT, "seabios-microvm": SEABIOS_MICROVM}
