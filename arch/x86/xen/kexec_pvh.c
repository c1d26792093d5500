// SPDX-License-Identifier: GPL-2.0
/*
 * Prepare a PVH domU for another kernel, which kexec or a panic starts.
 *
 * Xen has a soft reset for this, but its tools destroy a PVH domain that asks
 * for one. The domain can undo everything itself, except the registration of
 * vcpu_info, which only vCPUs from MAX_VIRT_CPUS on need.
 */
#define pr_fmt(fmt) "Xen: " fmt

#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#include <xen/balloon.h>
#include <xen/grant_table.h>
#include <xen/hvm.h>
#include <xen/mem-reservation.h>
#include <xen/xenbus.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/hvm/hvm_op.h>
#include <xen/interface/memory.h>
#include <xen/interface/vcpu.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "xen-ops.h"

/*
 * Frames of the grant table, if they have replaced RAM. Those from
 * unpopulated-alloc have not.
 */
static unsigned int grant_frames_in_ram(void)
{
	xen_pfn_t *pfns = xen_auto_xlat_grant_frames.pfn;

	if (!pfns || is_zone_device_page(pfn_to_page(pfns[0])))
		return 0;

	return xen_auto_xlat_grant_frames.count;
}

/* Refuse a state that the domain cannot undo. */
static int check_state(bool crash)
{
	unsigned long missing = balloon_stats.balloon_low +
				balloon_stats.balloon_high +
				balloon_stats.target_unpopulated;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu(xen_vcpu, cpu) == &per_cpu(xen_vcpu_info, cpu)) {
			pr_err("vCPU %u cannot be reset\n", xen_vcpu_nr(cpu));
			return -EBUSY;
		}
	}

	if (xenbus_in_message()) {
		pr_err("a xenstore message is incomplete\n");
		return -EBUSY;
	}

	/* The next kernel would use the holes as RAM. */
	if (!crash && missing > grant_frames_in_ram()) {
		pr_err("memory is ballooned out\n");
		return -EBUSY;
	}

	return 0;
}

/*
 * Keep Xen from writing to memory of the next kernel. It tries to report the
 * state of each vCPU one last time, to address 0, where normally nothing is
 * mapped.
 */
static int unregister_areas(void)
{
	struct vcpu_register_runstate_memory_area runstate = { .addr.v = NULL };
	struct vcpu_register_time_memory_area time = { .addr.v = NULL };
	unsigned int cpu;
	int rc;

	for_each_possible_cpu(cpu) {
		if (xen_vcpu_nr(cpu) == XEN_VCPU_ID_INVALID)
			continue;

		rc = HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area,
					xen_vcpu_nr(cpu), &runstate);
		if (rc)
			return rc;
	}

	/* See xen_setup_vsyscall_time_info(). */
	HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &time);

	return 0;
}

/* Find the other end of the event channel that a parameter names. */
static int get_peer(unsigned int param, struct evtchn_status *status)
{
	u64 port;
	int rc;

	rc = hvm_get_parameter(param, &port);
	if (rc)
		return rc;

	*status = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
	rc = HYPERVISOR_event_channel_op(EVTCHNOP_status, status);
	if (!rc && status->status != EVTCHNSTAT_interdomain)
		rc = -ENOTCONN;

	return rc;
}

/* Connect to the other end again, which has become unbound. */
static int bind_peer(unsigned int param, const struct evtchn_status *status)
{
	struct evtchn_bind_interdomain bind = {
		.remote_dom	= status->u.interdomain.dom,
		.remote_port	= status->u.interdomain.port,
	};
	struct xen_hvm_param port = { .domid = DOMID_SELF, .index = param };
	int rc = 0;

	/* Without another end, the next kernel must not use the old port. */
	if (status->status == EVTCHNSTAT_interdomain)
		rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &bind);
	if (rc)
		return rc;

	port.value = bind.local_port;
	return HYPERVISOR_hvm_op(HVMOP_set_param, &port);
}

/* Close all event channels but those of xenstore and of the console. */
static int reset_event_channels(void)
{
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	struct shared_info *s = HYPERVISOR_shared_info;
	struct evtchn_status store, console;
	unsigned int i;
	int rc;

	rc = get_peer(HVM_PARAM_STORE_EVTCHN, &store);
	if (rc) {
		pr_err("xenstore is not connected: %d\n", rc);
		return rc;
	}
	if (get_peer(HVM_PARAM_CONSOLE_EVTCHN, &console))
		console.status = EVTCHNSTAT_closed;

	rc = HYPERVISOR_event_channel_op(EVTCHNOP_reset, &reset);
	if (rc)
		return rc;

	/* Xen signals no event to a vCPU that seems to have one already. */
	memset(s->evtchn_mask, 0xff, sizeof(s->evtchn_mask));
	for (i = 0; i < MAX_VIRT_CPUS; i++) {
		s->vcpu_info[i].evtchn_pending_sel = 0;
		s->vcpu_info[i].evtchn_upcall_pending = 0;
	}

	rc = bind_peer(HVM_PARAM_STORE_EVTCHN, &store);

	return rc ?: bind_peer(HVM_PARAM_CONSOLE_EVTCHN, &console);
}

/* Put RAM where Xen has replaced it with pages of its own. */
static int restore_ram(xen_pfn_t *pfns, unsigned int count)
{
	struct xen_remove_from_physmap remove = { .domid = DOMID_SELF };
	unsigned int i;
	int rc;

	/* Frames that the grant table does not have yet are not there. */
	for (i = 0; i < count; i++) {
		remove.gpfn = pfns[i];
		rc = HYPERVISOR_memory_op(XENMEM_remove_from_physmap, &remove);
		if (rc && rc != -ENOENT)
			return rc;
	}

	return xenmem_reservation_increase(count, pfns) == count ? 0 : -ENOMEM;
}

static int restore_grant_frames(void)
{
	return restore_ram(xen_auto_xlat_grant_frames.pfn, grant_frames_in_ram());
}

static int restore_shared_info(void)
{
	xen_pfn_t pfn = PHYS_PFN(__pa(HYPERVISOR_shared_info));

	/* printk() still reads the clock, which loops where there is no memory. */
	this_cpu_write(xen_vcpu, &xen_dummy_shared_info.vcpu_info[0]);

	return restore_ram(&pfn, 1);
}

/**
 * xen_pvh_prepare_kexec() - prepare a PVH domU for another kernel
 * @crash: this kernel has crashed
 *
 * The other CPUs must have stopped. There is no shared info page any more when
 * this returns true, unless the kernel has crashed.
 *
 * Return: true if the next kernel can be started, false if the domain needs a
 * soft reset first.
 */
bool xen_pvh_prepare_kexec(bool crash)
{
	unsigned int grants;
	int rc;

	/* Without SMP, nobody has done this. */
	local_irq_disable();

	rc = check_state(crash);
	if (!rc)
		rc = unregister_areas();
	if (!rc)
		rc = reset_event_channels();

	/* A soft reset would not do this. */
	grants = gnttab_revoke_all();

	/* Other domains may write to these pages, which a crash kernel keeps. */
	if (!crash && !rc && grants) {
		pr_err("%u grants are in use\n", grants);
		rc = -EBUSY;
	}

	/* A crash kernel does not use this RAM. */
	if (!crash)
		rc = restore_grant_frames() ?: rc;
	if (!crash && !rc)
		rc = restore_shared_info();
	if (rc)
		pr_err("asking for a soft reset before kexec: %d\n", rc);

	return !rc;
}
