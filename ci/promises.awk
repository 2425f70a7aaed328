# The promises' titles first, then cmocka's lines "[       OK ] r1_name" of each preset's log.
BEGIN {
    count = split(presets, columns, " ")
}
FILENAME == "ci/promises.txt" {
    id = tolower($1)
    ids[++last] = id
    sub(/^[^ ]+ /, "")
    title[id] = $0
    next
}
/^\[ +(OK|SKIPPED|FAILED|ERROR) +\] [a-z][0-9]+_/ {
    match($0, /\] [a-z][0-9]+_/)
    id = substr($0, RSTART + 2, RLENGTH - 3)
    kind = $0 ~ /^\[ +OK/ ? "ok" : ($0 ~ /SKIPPED/ ? "skipped" : "failed")
    name = substr($0, RSTART + 2)
    if (!seen[preset, name, kind]++)
        tests[preset, id, kind]++
}
function cell(preset, id, text) {
    text = tests[preset, id, "ok"] + 0 == 0 ? "-" : tests[preset, id, "ok"]
    if (tests[preset, id, "skipped"])
        text = text ", " tests[preset, id, "skipped"] " skipped"
    if (tests[preset, id, "failed"])
        text = text ", **" tests[preset, id, "failed"] " failed**"
    return text
}
END {
    print "# Promises\n"
    print "Written by `ci/promises` from the last run of the suite: how many contract tests, named after the"
    print "promise, passed on each backend. A dash: none yet. What is not in force on a backend is told below.\n"
    printf "| promise | |"
    for (i = 1; i <= count; i++)
        printf " %s |", columns[i]
    printf "\n|---|---|"
    for (i = 1; i <= count; i++)
        printf "---|"
    print ""
    for (row = 1; row <= last; row++) {
        printf "| %s | %s |", toupper(ids[row]), title[ids[row]]
        for (i = 1; i <= count; i++)
            printf " %s |", cell(columns[i], ids[row])
        print ""
    }
    while ((getline line < "ci/promises-notes.md") > 0)
        print line
}
