/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Tracepoints of attached programs:
 *	perf record -e 'uverbs_bpf:*', or events/uverbs_bpf in tracefs
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM uverbs_bpf

#if !defined(UVB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define UVB_TRACE_H

#include <linux/tracepoint.h>

#ifndef UVB_TRACE_REASONS
#define UVB_TRACE_REASONS					\
	{ UVERBS_BPF_EXIT_DETACHED, "detached" },		\
	{ UVERBS_BPF_EXIT_REPLACED, "replaced" },		\
	{ UVERBS_BPF_EXIT_EVICTED, "evicted" },			\
	{ UVERBS_BPF_EXIT_DRIVER_GONE, "driver gone" }
#endif

/* A program misbehaved; it may be on its way out. */
TRACE_EVENT(uverbs_bpf_fault,
	TP_PROTO(const char *name, bool counts, const char *text),
	TP_ARGS(name, counts, text),
	TP_STRUCT__entry(
		__string(name, name)
		__string(text, text)
		__field(bool, counts)
	),
	TP_fast_assign(
		__assign_str(name);
		__assign_str(text);
		__entry->counts = counts;
	),
	TP_printk("name=%s counts=%d text=\"%s\"", __get_str(name), __entry->counts,
		  __get_str(text))
);

/* A program was taken off. */
TRACE_EVENT(uverbs_bpf_exit,
	TP_PROTO(const char *name, const struct uverbs_bpf_exit *info),
	TP_ARGS(name, info),
	TP_STRUCT__entry(
		__string(name, name)
		__string(text, info->text)
		__field(u32, reason)
		__field(u32, generation)
		__field(u64, calls)
		__field(u64, refused)
		__field(u64, faults)
	),
	TP_fast_assign(
		__assign_str(name);
		__assign_str(text);
		__entry->reason = info->reason;
		__entry->generation = info->generation;
		__entry->calls = info->calls;
		__entry->refused = info->refused;
		__entry->faults = info->faults;
	),
	TP_printk("name=%s reason=%s generation=%u calls=%llu refused=%llu faults=%llu text=\"%s\"",
		  __get_str(name), __print_symbolic(__entry->reason, UVB_TRACE_REASONS),
		  __entry->generation, __entry->calls, __entry->refused, __entry->faults,
		  __get_str(text))
);

#endif /* UVB_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH bpf
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
