# SPDX-License-Identifier: BSD-2-Clause
# bash completion for uverbs-bpf

_uverbs_bpf()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words=() word kind verbs

	for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
		[[ $word == -* ]] || words+=("$word")
	done

	if [[ $prev == --device || ${words[*]} == schema ]]; then
		mapfile -t COMPREPLY < <(cd /sys/class/infiniband 2>/dev/null &&
			compgen -G "$cur*")
		return
	fi
	kind=${words[0]-}
	verbs='attach replace detach list'
	[[ $kind != provider ]] || verbs+=' dump reopen'
	case ${words[*]} in
	'')
		mapfile -t COMPREPLY < <(compgen -W \
			'status transport provider schema log version --json --verbose --help' \
			-- "$cur") ;;
	transport | provider)
		mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur") ;;
	*' attach' | *' replace')
		mapfile -t COMPREPLY < <(
			[[ $cur == -* ]] && compgen -W '--device' -- "$cur"
			cd "@PREFIX@/lib/uverbs-bpf/${kind}s" 2>/dev/null &&
				compgen -G "$cur*.bpf.o" | sed 's/\.bpf\.o$//')
		[[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default ;;
	*' attach '* | *' replace '*)
		mapfile -t COMPREPLY < <(compgen -W '--device' -- "$cur") ;;
	*' detach')
		mapfile -t COMPREPLY < <(
			[[ $kind == provider && $cur == -* ]] && compgen -W '--all' -- "$cur"
			cd "/sys/fs/bpf/uverbs-bpf/$kind" 2>/dev/null && compgen -G "$cur*") ;;
	'provider dump')
		mapfile -t COMPREPLY < <(compgen -W "$(awk -F '\t' '$1 == "provider" { print $2 }' \
			/proc/uverbs_bpf/programs 2>/dev/null)" -- "$cur") ;;
	'provider reopen')
		mapfile -t COMPREPLY < <(compgen -W "$(cut -f 2 /proc/uverbs_bpf/closed \
			2>/dev/null)" -- "$cur") ;;
	esac
}
complete -F _uverbs_bpf uverbs-bpf
