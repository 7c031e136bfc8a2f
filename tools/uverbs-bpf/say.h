/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What others said when something failed: libbpf, the verifier, and the
 * kernel log, where uverbs_bpf gives its reasons.
 */
#ifndef SAY_H
#define SAY_H

/* From now on libbpf's warnings are kept for libbpf_show(), or shown with --verbose. */
void libbpf_listen(void);
void libbpf_show(void);

/* The kernel's log from now on, or -1. */
int kmsg_open(void);
/* Show what uverbs_bpf logged since. */
void kmsg_show(int fd);
void kmsg_close(int fd);

/* What an errno or an error of libbpf means. */
const char *reason(int err);
/* What to do about it, "" if nothing is known. Not for EACCES, which is the verifier's. */
const char *hint(int err);

#endif /* SAY_H */
