import RLSClient
import RLSCore

/// A command of the original's grammar: its fixed words, what may follow, what it does.
struct CLICommandRow: Sendable {
    /// How many words follow the fixed ones.
    enum Arity: Sendable {
        case exactly(Int)
        /// At least one group of so many, after a number of single ones.
        case groups(of: Int, after: Int = 0)

        func admits(_ count: Int) -> Bool {
            switch self {
            case .exactly(let number): count == number
            case .groups(let size, let first): count > first && (count - first) % size == 0
            }
        }
    }

    let words: [String]
    /// As the usage shows them.
    let arguments: String
    let arity: Arity
    let help: String
    let run: @Sendable (CLISession, [ByteString]) async throws -> Void

    init(
        _ words: String, _ arguments: String, _ arity: Arity, _ help: String,
        run: @escaping @Sendable (CLISession, [ByteString]) async throws -> Void
    ) {
        self.words = words.split(separator: " ").map(String.init)
        self.arguments = arguments
        self.arity = arity
        self.help = help
        self.run = run
    }

    var usage: String { (words + [arguments]).filter { !$0.isEmpty }.joined(separator: " ") }
}

/// Wrong use of a command: the text says how it goes.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}

/// Some items of a bulk command failed; each has been printed.
struct PartialFailure: Error {}

enum CommandTable {
    static let rows =
        MappingCommands.rows + QueryCommands.rows + LocateCommands.rows + BulkCommands.rows + IndexCommands.rows
        + AttributeCommands.rows + TransferCommands.rows + SessionCommands.rows

    /// The row whose words begin the line, and the words that follow.
    static func find(_ line: [ByteString]) throws(UsageError) -> (CLICommandRow, [ByteString]) {
        let matching = rows.filter { row in
            row.words.count <= line.count && zip(row.words, line).allSatisfy { ByteString($0) == $1 }
        }
        let length = matching.map(\.words.count).max() ?? 0
        let nearest = matching.filter { $0.words.count == length }
        guard let row = nearest.first(where: { $0.arity.admits(line.count - length) }) ?? nearest.first else {
            throw UsageError(
                description: "unknown command: \(line.map(\.description).joined(separator: " "))" + hint(line))
        }
        let rest = Array(line.dropFirst(row.words.count))
        guard row.arity.admits(rest.count) else { throw UsageError(description: "usage: \(row.usage)") }
        return (row, rest)
    }

    /// The commands that share the first word, or where to find all of them.
    private static func hint(_ line: [ByteString]) -> String {
        let near = rows.filter { row in line.first.map { ByteString(row.words[0]) == $0 } ?? false }
        if near.isEmpty { return "; `help` lists the commands" }
        return near.map { "\n  \($0.usage)" }.joined()
    }

    static var help: String {
        let width = rows.map { $0.usage.count }.filter { $0 < 48 }.max() ?? 0
        return rows.map { row in
            let usage = row.usage
            let gap = String(repeating: " ", count: max(2, width + 2 - usage.count))
            return "  " + usage + gap + row.help
        }.joined(separator: "\n")
    }
}
