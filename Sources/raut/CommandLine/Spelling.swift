/// Guesses which word was meant.
package enum Spelling {
    /// The candidate that `word` is most likely a slip of, or nil where none is near: at most a third of its letters
    /// wrong, or the beginning of one candidate alone.
    package static func nearest(to word: String, in candidates: [String]) -> String? {
        let lengths = candidates.map { (candidate: $0, distance: distance(word, $0)) }
        if let best = lengths.min(by: { $0.distance < $1.distance }),
            best.distance <= max(1, best.candidate.filter { $0 != "-" }.count / 3)
        {
            return best.candidate
        }
        let begun = candidates.filter { $0.hasPrefix(word) }
        return begun.count == 1 && word.contains { $0 != "-" } ? begun[0] : nil
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other (Damerau,
    /// 1964, in its restricted form).
    package static func distance(_ first: String, _ second: String) -> Int {
        // Nobody mistypes a word of this length; it keeps the table small for any input.
        let a = Array(first.prefix(64))
        let b = Array(second.prefix(64))
        var table = [[Int]](repeating: Array(0...b.count), count: a.count + 1)
        for i in a.indices {
            table[i + 1][0] = i + 1
            for j in b.indices {
                let same = a[i] == b[j] ? 0 : 1
                var best = min(table[i][j + 1] + 1, table[i + 1][j] + 1, table[i][j] + same)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    best = min(best, table[i - 1][j - 1] + 1)
                }
                table[i + 1][j + 1] = best
            }
        }
        return table[a.count][b.count]
    }
}
