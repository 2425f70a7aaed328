# doxygen.awk HEADER: the header as Doxygen wants it. Our comments are plain C comments, in the form that
# CONTRIBUTING.md tells; Doxygen's marks are put in here, so that readers of the headers are spared them.

function escaped(text) {
    gsub(/[\\<>@#%]/, "\\\\&", text)
    return text
}

# One line of a comment, without its frame. A parameter's line follows one that ends a sentence.
function marked(text, before) {
    text = escaped(text)
    if (is_contract && text ~ /^[a-z_]+: / && before ~ /\.$|^$/)
        sub(/^[a-z_]+/, "\\param &", text) && sub(/: +/, " ", text)
    sub(/^Returns: /, "\\return ", text)
    sub(/^Threads: /, "\\threads ", text)
    text = " " text
    gsub(/ Processes: /, "\n \\processes ", text)
    gsub(/ Blocks: /, "\n \\blocks ", text)
    gsub(/ Since: /, "\n \\since ", text)
    gsub(/ Promises?: /, "\n \\promise ", text)
    sub(/^   [a-z]+\.h /, " - &", text)
    return text
}

# A contract is what stands above a prototype: it says what the call returns.
function print_comment(   i, text) {
    is_contract = 0
    for (i = 1; i <= count; i++)
        if (lines[i] ~ /^Returns: /)
            is_contract = 1
    print NR == count ? "/** \\file" : "/**"
    for (i = 1; i <= count; i++)
        print marked(lines[i], i > 1 ? lines[i - 1] : "")
    print " */"
}

/^ *\/\* ---- / { print ""; next } # a heading

/^ *\/\*/ {
    count = 0
    while (1) {
        line = $0
        is_end = sub(/ *\*\/ *$/, "", line)
        sub(/^ *\/?\* ?/, "", line)
        lines[++count] = line
        if (is_end || (getline) <= 0)
            break
    }
    print_comment()
    next
}

# What stands behind a member or a macro, on one line or on several.
/[;,] *\/\* |^#define .* \/\* / {
    sub(/\/\* /, "/**< ")
    print
    while ($0 !~ /\*\// && (getline) > 0)
        print
    next
}

{ print }
