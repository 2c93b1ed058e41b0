#!/usr/bin/awk -f
# SPDX-License-Identifier: Apache-2.0
# The totals of a --json run are the sums of its results; prints outcomes and names, sorted by name.
function number(line, key) {
    if (!match(line, "\"" key "\":[0-9]+")) return 0
    return substr(line, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0
}
function text(line, key) {
    if (!match(line, "\"" key "\":\"[^\"]*\"")) return ""
    return substr(line, RSTART + length(key) + 4, RLENGTH - length(key) - 5)
}
/"event":"result"/ {
    seq++
    if (number($0, "seq") != seq) print "seq is " number($0, "seq") ", not " seq
    outcome = text($0, "outcome")
    count[outcome]++
    bytes_in += number($0, "bytes_in")
    bytes_out += number($0, "bytes_out")
    if (outcome == "optimized" && number($0, "bytes_out") >= number($0, "bytes_in")) {
        print "bigger: " $0
    }
    print outcome, text($0, "input"), text($0, "reason") | "sort"
}
/"event":"summary"/ {
    summaries++
    if (number($0, "files") != seq) print "files are " number($0, "files") ", not " seq
    for (name in count) {
        if (number($0, name) != count[name]) print name " is " number($0, name) ", not " count[name]
    }
    if (number($0, "bytes_in") != bytes_in) print "bytes_in differ"
    if (number($0, "bytes_out") != bytes_out) print "bytes_out differ"
}
END { if (summaries != 1) print summaries + 0 " summaries" }
