/// What programs say when they fail, told apart.
enum FailureText {
    struct Finding: Equatable {
        let kind: TransferFailure.Kind
        /// Whatever else is asked of this source now fails for the same reason.
        let isForSource: Bool

        /// Such as a credential that has expired.
        var isOfSite: Bool { isForSource && kind == .localError }
    }

    /// The first that applies; a text in which all words occur.
    private static let rules: [(words: [String], finding: Finding)] = [
        (["no space left"], Finding(kind: .diskFull, isForSource: true)),
        (["disk quota exceeded"], Finding(kind: .diskFull, isForSource: true)),
        (["valid credentials could not be found"], Finding(kind: .localError, isForSource: true)),
        (["error with credential", "expired"], Finding(kind: .localError, isForSource: true)),
        (["530 "], Finding(kind: .sourceRefused, isForSource: true)),
        (["530-"], Finding(kind: .sourceRefused, isForSource: true)),
        (["gss major status"], Finding(kind: .sourceRefused, isForSource: true)),
        (["login incorrect"], Finding(kind: .sourceRefused, isForSource: true)),
        (["unable to connect"], Finding(kind: .sourceUnreachable, isForSource: true)),
        (["connection refused"], Finding(kind: .sourceUnreachable, isForSource: true)),
        (["could not resolve"], Finding(kind: .sourceUnreachable, isForSource: true)),
        (["getaddrinfo failed"], Finding(kind: .sourceUnreachable, isForSource: true)),
        (["no route to host"], Finding(kind: .sourceUnreachable, isForSource: true)),
        (["421 "], Finding(kind: .sourceUnreachable, isForSource: true)),
        (["421-"], Finding(kind: .sourceUnreachable, isForSource: true)),
        (["eof has been reached"], Finding(kind: .sourceUnreachable, isForSource: false)),
        (["connection reset"], Finding(kind: .sourceUnreachable, isForSource: false)),
        (["broken pipe"], Finding(kind: .sourceUnreachable, isForSource: false)),
        (["end-of-file"], Finding(kind: .sourceUnreachable, isForSource: false)),
        (["timed out"], Finding(kind: .timedOut, isForSource: false)),
        (["timeout"], Finding(kind: .timedOut, isForSource: false)),
    ]

    /// Of a file, if the source said it.
    private static let ofFile: [(word: String, kind: TransferFailure.Kind)] = [
        ("no such file", .sourceMissing), ("path_not_found", .sourceMissing), ("does not exist", .sourceMissing),
        ("file not found", .sourceMissing), ("is a directory", .sourceMissing), ("not a plain file", .sourceMissing),
        ("file name too long", .sourceMissing), ("permission denied", .sourceRefused),
        ("operation not permitted", .sourceRefused), ("not authorized", .sourceRefused),
    ]

    /// - Parameter saysWho: the program marks what the source said by a reply code of FTP; what it says itself is
    ///   then of our own files
    static func finding(_ text: String, saysWho: Bool) -> Finding {
        let text = text.lowercased()
        if let rule = rules.first(where: { $0.words.allSatisfy(text.contains) }) { return rule.finding }
        guard let kind = ofFile.first(where: { text.contains($0.word) })?.kind else {
            return Finding(kind: .other, isForSource: false)
        }
        let isOfSource = !saysWho || text.contains("500-") || text.contains("500 ") || text.contains("550")
        return Finding(kind: isOfSource ? kind : .localError, isForSource: !isOfSource)
    }

    /// The end of what a program said, in one line.
    static func summary(_ text: String, status: Int32) -> String {
        let said = text.split(whereSeparator: \.isNewline).suffix(12).joined(separator: " ")
        return said.isEmpty ? "ended with status \(status)" : String(said.prefix(480))
    }
}
