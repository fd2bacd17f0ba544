import CEditline
import Foundation

/// The prompt at a terminal: libedit's editing, a history kept between runs, completion of command words.
enum LineEditor {
    private static let historyLength: Int32 = 1_000

    private static var historyFile: String { DataDirectory.path + "/rls-cli.history" }

    static func prepare() {
        rls_editline_set_completion { _, start, _ in
            rls_editline_no_file_completion()
            guard let buffer = rls_editline_buffer() else { return nil }
            return LineEditor.candidates(String(cString: buffer), wordStart: Int(start))
        }
        using_history()
        stifle_history(historyLength)
        _ = read_history(historyFile)
    }

    /// nil at the end of input.
    static func read(prompt: String) -> [UInt8]? {
        guard let line = readline(prompt) else {
            print()
            return nil
        }
        defer { free(line) }
        let bytes = Array(UnsafeRawBufferPointer(start: line, count: strlen(line)))
        if !bytes.isEmpty { add_history(line) }
        return bytes
    }

    static func saveHistory() {
        try? FileManager.default.createDirectory(atPath: DataDirectory.path, withIntermediateDirectories: true)
        _ = write_history(historyFile)
    }

    /// The words that may come next, as the library wants them: an array of C strings that it frees, the first of which is
    /// what all share.
    private static func candidates(_ line: String, wordStart: Int) -> UnsafeMutablePointer<
        UnsafeMutablePointer<CChar>?
    >? {
        let bytes = Array(line.utf8)
        let before = String(decoding: bytes.prefix(wordStart), as: UTF8.self).split(separator: " ").map(String.init)
        let begun = String(decoding: bytes.dropFirst(wordStart), as: UTF8.self)
        let words = nextWords(after: before).filter { $0.hasPrefix(begun) }
        guard let first = words.first else { return nil }
        // libedit looks at the first three: what all share, then every candidate, be it the only one.
        let list = [words.reduce(first) { $0.commonPrefix(with: $1) }] + words
        let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: list.count + 1)
        for (index, word) in list.enumerated() { array[index] = strdup(word) }
        array[list.count] = nil
        return array
    }

    static func nextWords(after words: [String]) -> [String] {
        let matching = CommandTable.rows.map(\.words).filter {
            $0.count > words.count && Array($0.prefix(words.count)) == words
        }
        let next = Set(matching.map { $0[words.count] })
        return (next.union(words.isEmpty ? ["exit"] : [])).sorted()
    }
}
