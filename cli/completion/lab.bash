# bash completion for lab(1). Asks the program itself, so that nodes and labs are those of now.
_lab() {
    local IFS=$'\n'
    # `lab inspect h1:eth0`: the colon is no word break here.
    local words cword cur prev
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n := cur prev words cword
    else
        words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}
    fi
    COMPREPLY=($(lab __complete "${words[@]:1:cword}" 2>/dev/null))
    declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
    return 0
}
complete -o default -F _lab lab
