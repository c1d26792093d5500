// SPDX-License-Identifier: GPL-2.0
/*
 * Secondary CPUs of PVH domains, started by Xen right in the kernel: there is
 * no need for INIT and SIPI, for a trampoline from real mode, and for memory
 * below 1 MiB to put it in.
 */

#include <linux/cpu.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/memblock.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/cmdline.h>
#include <asm/cpu.h>
#include <asm/ibt.h>
#include <asm/processor-flags.h>
#include <asm/setup.h>
#include <asm/tlbflush.h>
#include <asm/x86_init.h>
#include <asm/xen/hypercall.h>

#include <xen/xen.h>
#include <xen/interface/sched.h>
#include <xen/interface/vcpu.h>
#include <xen/interface/hvm/hvm_vcpu.h>

#include "xen-ops.h"

/* Where Xen starts a CPU, on its way to the kernel's own startup code. */
void xen_pvh_startup_smp(void);

#ifdef CONFIG_X86_64
#define xen_pvh_restart_cpu	soft_restart_cpu

/* In 64-bit mode, with the kernel's page tables. */
static void xen_pvh_set_context(struct vcpu_hvm_context *context)
{
	*context = (struct vcpu_hvm_context) {
		.mode = VCPU_HVM_MODE_64B,
		.cpu_regs.x86_64 = {
			.rip	= (unsigned long)xen_pvh_startup_smp,
			.rflags	= X86_EFLAGS_FIXED,
			.cr0	= CR0_STATE,
			.cr3	= __pa_symbol(swapper_pg_dir),
			.cr4	= X86_CR4_PAE |
				  (pgtable_l5_enabled() ? X86_CR4_LA57 : 0),
			/* The page tables may have the NX bit set already. */
			.efer	= EFER_LME | EFER_LMA |
				  (__supported_pte_mask & _PAGE_NX ?
				   EFER_NX : 0),
		},
	};
}
#else
/* From where the CPU has stopped, to what do_boot_cpu() has set up for it. */
void xen_pvh_restart_cpu(void);

/* With paging off and flat segments, as at the PVH entry. */
#define XEN_PVH_CODE_AR		0xc9b
#define XEN_PVH_DATA_AR		0xc93
#define XEN_PVH_TSS_AR		0x8b
#define XEN_PVH_TSS_LIMIT	0x67

static void xen_pvh_set_context(struct vcpu_hvm_context *context)
{
	*context = (struct vcpu_hvm_context) {
		.mode = VCPU_HVM_MODE_32B,
		.cpu_regs.x86_32 = {
			.eip		= __pa_symbol(xen_pvh_startup_smp),
			.eflags		= X86_EFLAGS_FIXED,
			.cr0		= X86_CR0_PE | X86_CR0_ET,
			.cs_limit	= ~0U,
			.ds_limit	= ~0U,
			.ss_limit	= ~0U,
			.es_limit	= ~0U,
			.tr_limit	= XEN_PVH_TSS_LIMIT,
			.cs_ar		= XEN_PVH_CODE_AR,
			.ds_ar		= XEN_PVH_DATA_AR,
			.ss_ar		= XEN_PVH_DATA_AR,
			.es_ar		= XEN_PVH_DATA_AR,
			.tr_ar		= XEN_PVH_TSS_AR,
		},
	};
}
#endif

/* Offline, or about to be, where xen_pvh_play_dead() leaves it. */
static DEFINE_PER_CPU(bool, xen_pvh_parked);

/*
 * VCPUOP_up lets it go on, which leads it back into bring-up.  Unlike INIT that
 * leaves it what it has in its TLB, which nobody has kept up to date, and IBT,
 * which start_secondary() cannot be entered with.
 */
static void xen_pvh_play_dead(void)
{
	/* Seen by whoever sees the report of its death. */
	this_cpu_write(xen_pvh_parked, true);
	play_dead_common();
	HYPERVISOR_vcpu_op(VCPUOP_down, xen_vcpu_nr(smp_processor_id()), NULL);
	__flush_tlb_all();
	ibt_save(true);
	xen_pvh_restart_cpu();
}

#define XEN_PVH_PARK_TRIES	1000

/*
 * It may have said so and not stopped yet: then VCPUOP_up is too early.  One
 * that Xen does not let run meanwhile is not waited for, but reset.
 */
static bool xen_pvh_unpark(unsigned int cpu)
{
	bool parked = per_cpu(xen_pvh_parked, cpu);
	int tries;

	per_cpu(xen_pvh_parked, cpu) = false;
	for (tries = 0; parked && tries < XEN_PVH_PARK_TRIES; tries++) {
		if (!HYPERVISOR_vcpu_op(VCPUOP_is_up, xen_vcpu_nr(cpu), NULL))
			return true;
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	}
	return false;
}

/*
 * Makes Xen take a vCPU for one that was never initialised, whatever it does
 * and whoever has started it.  Xen does not let this vCPU go on before it has
 * done so.
 */
static void xen_pvh_reset_vcpu(u32 apicid)
{
	apic_icr_write(APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT,
		       apicid);
}

/*
 * A vCPU that has been up before remains initialised: parked by this kernel, or
 * stopped in another way, be it by a kernel before this one.
 */
static int xen_pvh_initialise_vcpu(u32 apicid, unsigned int cpu)
{
	bool parked = xen_pvh_unpark(cpu);
	struct vcpu_hvm_context context;
	unsigned int vcpu = xen_vcpu_nr(cpu);
	int rc;

	xen_pvh_set_context(&context);
	rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, vcpu, &context);
	if (rc == -EEXIST && parked)
		return 0;

	if (rc == -EEXIST) {
		xen_pvh_reset_vcpu(apicid);
		rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, vcpu, &context);
	}
	if (rc)
		xen_vcpu_op_failed(VCPUOP_initialise, cpu, rc);
	return rc;
}

static int xen_pvh_wakeup_cpu(u32 apicid, unsigned long start_eip,
			      unsigned int cpu)
{
	int rc = xen_pvh_initialise_vcpu(apicid, cpu);

	return rc ?: xen_vcpu_op(VCPUOP_up, cpu, NULL);
}

/*
 * Asks for what can have no effect: this vCPU is initialised, since it runs.
 * Who knows the hypercall says so, and nothing else is as good an answer.
 */
static bool __init xen_pvh_can_initialise_vcpus(void)
{
	struct vcpu_hvm_context context;
	int rc;

	xen_pvh_set_context(&context);
	rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, xen_vcpu_nr(0), &context);
	if (rc != -EEXIST)
		pr_info("Xen: secondary CPUs are started by INIT and SIPI: VCPUOP_initialise says %d\n",
			rc);

	return rc == -EEXIST;
}

/*
 * A crash kernel takes the first MiB for its own, and the dump leaves it out; a
 * kernel that is handed memory over takes it for free (e820__memblock_setup()).
 */
static void __init xen_pvh_reserve_low_memory(void)
{
	if (kho_is_enabled() ||
	    cmdline_find_option(boot_command_line, "crashkernel", NULL, 0) >= 0)
		memblock_reserve(0, SZ_1M);
	memblock_clear_kho_scratch(0, SZ_1M);
}

/**
 * xen_pvh_smp_init() - let Xen start secondary CPUs, if it can
 *
 * Runs before memory is reserved for the trampoline, which takes INIT and SIPI.
 * dom0 keeps the trampoline, since it may be needed to wake up the machine.
 */
void __init xen_pvh_smp_init(void)
{
	if (!xen_pvh_can_initialise_vcpus())
		return;

	pr_info("Xen: secondary CPUs are started by VCPUOP_initialise\n");
	apic_update_callback(wakeup_secondary_cpu, xen_pvh_wakeup_cpu);
	smp_ops.play_dead = xen_pvh_play_dead;

	/*
	 * CPUs that are started all at once spin until it is their turn to go
	 * on.  With fewer CPUs than vCPUs they take the time of the one that
	 * they wait for; and there is no delay that this would hide.
	 */
	x86_cpuinit.parallel_bringup = false;

	if (!xen_initial_domain()) {
		x86_platform.realmode_reserve = xen_pvh_reserve_low_memory;
		x86_platform.realmode_init = x86_init_noop;
	}
}

#ifdef CONFIG_HOTPLUG_CPU
/**
 * xen_pvh_plug_cpu() - make known that a CPU has become present
 * @cpu:	CPU that was possible only
 *
 * ACPI's table of processors may have named it as disabled, and nobody but
 * xenstore tells of the change.
 */
void xen_pvh_plug_cpu(unsigned int cpu)
{
	u32 apicid = cpuid_to_apicid[cpu];
	int plugged = -ENODEV;

	cpu_maps_update_begin();
	cpus_write_lock();
	/* Which vCPU it is can only be told by its APIC ID. */
	if (cpuid_to_apicid[0] == XEN_APIC_ID(xen_vcpu_nr(0)))
		plugged = topology_hotplug_apic(apicid, XEN_VCPU(apicid));
	cpus_write_unlock();
	cpu_maps_update_done();

	if (plugged != cpu)
		pr_err("Xen: CPU %u, with APIC ID %#x, cannot be added (%d)\n",
		       cpu, apicid, plugged);
}

/**
 * xen_pvh_unplug_cpu() - make known that a CPU is no longer present
 * @cpu:	CPU that is offline
 */
void xen_pvh_unplug_cpu(unsigned int cpu)
{
	cpu_maps_update_begin();
	cpus_write_lock();
	topology_hotunplug_apic(cpu);
	cpus_write_unlock();
	cpu_maps_update_done();
}
#endif
