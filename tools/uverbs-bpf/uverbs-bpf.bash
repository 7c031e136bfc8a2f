# SPDX-License-Identifier: BSD-2-Clause
# bash completion for uverbs-bpf

_uverbs_bpf()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words=() word

	for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
		[[ $word == -* ]] || words+=("$word")
	done

	if [[ $prev == --device || ${words[*]} == schema ]]; then
		mapfile -t COMPREPLY < <(cd /sys/class/infiniband 2>/dev/null &&
			compgen -G "$cur*")
		return
	fi
	case ${words[*]} in
	'')
		mapfile -t COMPREPLY < <(compgen -W \
			'status transport schema log version --json --verbose --help' -- "$cur") ;;
	transport)
		mapfile -t COMPREPLY < <(compgen -W 'attach detach list' -- "$cur") ;;
	'transport attach')
		mapfile -t COMPREPLY < <(
			[[ $cur == -* ]] && compgen -W '--device --replace' -- "$cur"
			cd /usr/lib/uverbs-bpf/transports 2>/dev/null &&
				compgen -G "$cur*.bpf.o" | sed 's/\.bpf\.o$//')
		[[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default ;;
	'transport attach '*)
		mapfile -t COMPREPLY < <(compgen -W '--device --replace' -- "$cur") ;;
	'transport detach')
		mapfile -t COMPREPLY < <(cd /sys/fs/bpf/uverbs-bpf/transport 2>/dev/null &&
			compgen -G "$cur*") ;;
	esac
}
complete -F _uverbs_bpf uverbs-bpf
