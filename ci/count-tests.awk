# count-tests.awk CTEST_OUTPUT LAST_TEST_LOG: prints why tests were skipped, and then, on the last
# line, how many tests passed, failed and were skipped. A program that uses cmocka counts as many
# tests as it runs, any other as one; the Wine fixture counts only when it fails.

# CTest's output: "3/40 Test  #7: name ....   Passed    0.01 sec"
NR == FNR && /^ *[0-9]+\/[0-9]+ +Test +#[0-9]+: / {
    name = $0
    sub(/^.*#[0-9]+: /, "", name)
    sub(/ .*/, "", name)
    status[name] = / Passed +[0-9.]+ sec/ ? "passed" : /\*\*\*Skipped/ ? "skipped" : "failed"
}
NR == FNR { next }

# CTest's log, with all that the tests printed.
/^[0-9]+\/[0-9]+ Testing: / { name = $3; running = ""; inside = 0 }
/^<end of output>/ {
    if (running != "") count[name, "failed"]++
    inside = 0
}
inside && (/\[  SKIPPED \] .*: / || status[name] == "skipped" && !/^\[/) { print name ": " $0 }
inside && /^\[ RUN      \] / { running = $4; programs[name] }
running != "" && /\[       OK \]/ { count[name, "passed"]++; running = "" }
running != "" && (/\[  FAILED  \]/ || $0 == "[  ERROR   ] " running) {
    count[name, "failed"]++
    running = ""
}
running != "" && $0 == "[  SKIPPED ] " running { count[name, "skipped"]++; running = "" }
/^Output:/ { getline; inside = 1 }

END {
    for (name in status) {
        passed += count[name, "passed"]
        failed += count[name, "failed"]
        skipped += count[name, "skipped"]
        if (status[name] == "failed" && !count[name, "failed"])
            failed++
        else if (!(name in programs) && status[name] == "skipped")
            skipped++
        else if (!(name in programs) && status[name] == "passed" && name !~ /^wine-(start|stop)$/)
            passed++
    }
    print passed + 0, failed + 0, skipped + 0
}
