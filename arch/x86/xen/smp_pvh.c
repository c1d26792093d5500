// SPDX-License-Identifier: GPL-2.0
/*
 * Secondary CPUs of PVH domains, started by Xen right in the kernel: there is
 * no need for INIT and SIPI, for a trampoline from real mode, and for memory
 * below 1 MiB to put it in.
 */

#include <linux/init.h>
#include <linux/pgtable.h>
#include <linux/printk.h>

#include <asm/apic.h>
#include <asm/processor-flags.h>
#include <asm/x86_init.h>
#include <asm/xen/hypercall.h>

#include <xen/xen.h>
#include <xen/interface/vcpu.h>
#include <xen/interface/hvm/hvm_vcpu.h>

#include "xen-ops.h"

/* Where Xen starts a CPU, on its way to the kernel's own startup code. */
void xen_pvh_startup_smp(void);

#ifdef CONFIG_X86_64
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
				  (__supported_pte_mask & _PAGE_NX ? EFER_NX : 0),
		},
	};
}
#else
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

/*
 * A vCPU that has been up before, in this kernel or in one before it, is not
 * initialised again unless it is reset.  Unlike VCPUOP_up, which would let it go
 * on where it stopped, a reset does not depend on what is there now, nor on
 * whether it has stopped already.
 *
 * Xen has done it when this returns.
 */
static void xen_pvh_reset_vcpu(u32 apicid)
{
	apic_icr_write(APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT,
		       apicid);
}

static int xen_pvh_wakeup_cpu(u32 apicid, unsigned long start_eip,
			      unsigned int cpu)
{
	struct vcpu_hvm_context context;
	int rc;

	xen_pvh_set_context(&context);
	rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, xen_vcpu_nr(cpu), &context);
	if (rc) {
		if (rc == -EEXIST)
			xen_pvh_reset_vcpu(apicid);
		rc = xen_vcpu_op(VCPUOP_initialise, cpu, &context);
	}

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

	/*
	 * CPUs that are started all at once spin until it is their turn to go
	 * on.  With fewer CPUs than vCPUs they take the time of the one that
	 * they wait for; and there is no delay that this would hide.
	 */
	x86_cpuinit.parallel_bringup = false;

	if (!xen_initial_domain()) {
		x86_platform.realmode_reserve = x86_init_noop;
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

	topology_hotplug_apic(apicid, XEN_VCPU(apicid));
}
#endif
