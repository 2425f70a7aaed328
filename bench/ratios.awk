# ratios.awk: a picture of the figures in a table of bench/run that have a limit: how far each is from it. For a terminal,
# or with -v svg=1 as an SVG. A bar that ends at the line is at its limit.

/ <= / {
    name = substr($0, 1, 52)
    sub(/ +$/, "", name)
    sub(/^ +/, "", name)
    split($0, halves, / <= /)
    count = split(substr(halves[1], 53), figures, " ")
    value[++rows] = count == 3 ? figures[3] : figures[1]
    limit[rows] = halves[2] + 0
    over[rows] = $NF == "OVER"
    title[rows] = name
}

function length_of(row, whole) {
    share = limit[row] > 0 ? value[row] / limit[row] : 0
    return (share > 1.5 ? 1.5 : share) * whole
}

function bar(row,    text, i, filled) {
    filled = int(length_of(row, 30) + 0.5)
    for (i = 1; i <= 45; i++)
        text = text (i <= filled ? "#" : i == 31 ? "|" : " ")
    return text
}

function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    return text
}

function print_terminal(    row) {
    printf "%-52s %10s %8s  %s\n", "figure", "measured", "limit", "0                       the limit |"
    for (row = 1; row <= rows; row++)
        printf "%-52s %10.2f %8.2f  %s%s\n", title[row], value[row], limit[row], bar(row), over[row] ? " OVER" : ""
}

function print_svg(    row, y) {
    printf "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 900 %d' font-family='sans-serif' font-size='13'>\n", \
        rows * 22 + 50
    print "<style>text{fill:#222}.bar{fill:#2a7f9e}.over{fill:#c0392b}line{stroke:#222}"
    print "@media(prefers-color-scheme:dark){text{fill:#ddd}line{stroke:#ddd}}</style>"
    print "<text x='620' y='18' text-anchor='middle'>the limit</text>"
    for (row = 1; row <= rows; row++) {
        y = row * 22 + 8
        printf "<text x='370' y='%d' text-anchor='end'>%s</text>\n", y + 12, escaped(title[row])
        printf "<rect class='%s' x='380' y='%d' width='%.1f' height='16'/>\n", over[row] ? "over" : "bar", y, \
            length_of(row, 240)
        printf "<text x='750' y='%d'>%.2f of %.2f</text>\n", y + 12, value[row], limit[row]
    }
    printf "<line x1='620' x2='620' y1='24' y2='%d'/>\n</svg>\n", rows * 22 + 34
}

END {
    if (svg)
        print_svg()
    else
        print_terminal()
}
