# copies.awk: a picture of the rows of bench/copies: what a job takes by a pipe, by a region of its own, and by one that is kept
# open, for each size of the array. For a terminal, or with -v svg=1 as an SVG with a panel for each number of workers.

$1 == "copies" {
    rows++
    if ($2 != workers[panels])
        workers[++panels] = $2
    panel[rows] = panels
    bytes[rows] = $3
    for (way = 1; way <= 3; way++)
        time[rows, way] = $(way + 3)
}

function size_name(count) {
    return count < 1048576 ? count / 1024 " KiB" : count / 1048576 " MiB"
}

# A pipe's time is the line; what ends before it takes less.
function bar(row, way,    text, i, filled, share) {
    share = time[row, way] / time[row, 1]
    filled = int((share > 2 ? 2 : share) * 15 + 0.5)
    for (i = 1; i <= 30; i++)
        text = text (i <= filled ? "#" : i == 16 ? "|" : " ")
    return text (share > 2 ? ">" : " ")
}

function print_terminal(    row) {
    for (row = 1; row <= rows; row++) {
        if (panel[row] != panel[row - 1])
            printf "%-20s %-32s%s\n", "workers: " workers[panel[row]], "shared anew, | by a pipe", "kept open, | by a pipe"
        printf "%20s %s %s\n", size_name(bytes[row]), bar(row, 2), bar(row, 3)
    }
}

function x_of(row) {
    return 60 + (panel[row] - 1) * 300 + 230 * log(bytes[row] / 1024) / log(65536)
}

# From 1 us to 10 s.
function y_of(microseconds) {
    return 280 - 250 * log(microseconds) / log(10000000)
}

function print_panel(number,    way, row) {
    printf "<text x='%d' y='20'>workers: %d</text>\n", 60 + (number - 1) * 300, workers[number]
    for (way = 1; way <= 3; way++) {
        printf "<polyline class='w%d' points='", way
        for (row = 1; row <= rows; row++)
            if (panel[row] == number)
                printf "%.1f,%.1f ", x_of(row), y_of(time[row, way])
        print "'/>"
    }
    for (row = 1; row <= rows; row++)
        if (panel[row] == number && (bytes[row] == 1024 || bytes[row] == 262144 || bytes[row] == 67108864))
            printf "<text x='%.1f' y='300' text-anchor='middle'>%s</text>\n", x_of(row), size_name(bytes[row])
}

function print_svg(    number, way, power, names) {
    split("by a pipe,shared anew,kept open", names, ",")
    split("1 us,10 us,100 us,1 ms,10 ms,100 ms,1 s,10 s", powers, ",")
    print "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 920 340' font-family='sans-serif' font-size='12'>"
    print "<style>text{fill:#222}polyline{fill:none;stroke-width:2.5}line{stroke:#8884}"
    print ".w1{stroke:#c0392b}.w2{stroke:#c98a1b;stroke-dasharray:6 3}.w3{stroke:#2a7f9e}"
    print "@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>"
    for (power = 0; power < 8; power++) {
        printf "<line x1='50' x2='900' y1='%.1f' y2='%.1f'/>", y_of(10 ^ power), y_of(10 ^ power)
        printf "<text x='46' y='%.1f' text-anchor='end'>%s</text>\n", y_of(10 ^ power) + 4, powers[power + 1]
    }
    for (number = 1; number <= panels; number++)
        print_panel(number)
    for (way = 1; way <= 3; way++) {
        printf "<polyline class='w%d' points='%d,325 %d,325'/>", way, 60 + way * 150, 90 + way * 150
        printf "<text x='%d' y='329'>%s</text>\n", 96 + way * 150, names[way]
    }
    print "</svg>"
}

END {
    if (svg)
        print_svg()
    else
        print_terminal()
}
