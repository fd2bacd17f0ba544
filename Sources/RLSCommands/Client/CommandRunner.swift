import Foundation
import RLSClient
import RLSCore

/// Runs commands and turns what goes wrong into a line on standard error and an exit status.
struct CommandRunner {
    let session: CLISession

    /// - Returns: 0 done, 1 refused or failed, 64 wrong usage
    func run(_ words: [ByteString]) async -> Int32 {
        do {
            let (row, arguments) = try CommandTable.find(words)
            try await row.run(session, arguments)
            return 0
        } catch let error as UsageError {
            session.output.error(error.description)
            return 64
        } catch is PartialFailure {
            return 1
        } catch let error as CatalogError {
            // After these the server closes.
            if [.badMethod, .overflow].contains(error.code) { await session.disconnect() }
            session.output.error(error.description)
            return 1
        } catch {
            // The connection is of no more use.
            await session.disconnect()
            session.output.error("\(error)")
            return 1
        }
    }

    /// Runs lines one after the other, whatever becomes of each; the status is that of the last that failed.
    func runLines(_ lines: [[UInt8]]) async -> Int32 {
        var status: Int32 = 0
        for line in lines {
            guard let result = await run(line: line) else { break }
            if result != 0 { status = result }
        }
        return status
    }

    /// nil after `exit`.
    private func run(line: [UInt8]) async -> Int32? {
        guard let words = CommandLineSplitter.words(line) else {
            session.output.error("a double quote is not closed")
            return 64
        }
        guard let first = words.first, first.bytes.first != UInt8(ascii: "#") else { return 0 }
        if words.count == 1 && ["exit", "quit", "bye"].contains(first) { return nil }
        defer { StandardOutput.flush() }
        return await run(words)
    }

    /// Line by line: the other end of the pipe may wait for each answer.
    private func runStandardInput() async -> Int32 {
        var status: Int32 = 0
        do {
            let reader = try LineReader("-")
            while let line = try reader.next() {
                guard let result = await run(line: Array(line ?? [])) else { break }
                if result != 0 { status = result }
            }
        } catch {
            session.output.error("\(error)")
            status = 1
        }
        return status
    }

    /// Reads commands until the end of input or `exit`.
    func interact() async -> Int32 {
        guard isatty(0) == 1 && isatty(1) == 1 else { return await runStandardInput() }
        LineEditor.prepare()
        while let line = LineEditor.read(prompt: "rls> ") {
            if await run(line: line) == nil { break }
        }
        LineEditor.saveHistory()
        // The user has seen every error.
        return 0
    }
}

/// Splits a line into words as the original's shell does: blanks separate, double quotes group, `\` takes the next
/// character as it is inside quotes.
enum CommandLineSplitter {
    /// nil when a quote is not closed.
    static func words(_ line: [UInt8]) -> [ByteString]? {
        var words: [ByteString] = []
        var word: [UInt8]?
        var isQuoted = false
        var index = 0
        while index < line.count {
            let byte = line[index]
            switch byte {
            case UInt8(ascii: "\""):
                isQuoted.toggle()
                word = word ?? []
            case UInt8(ascii: "\\") where isQuoted && index + 1 < line.count && [0x22, 0x5c].contains(line[index + 1]):
                index += 1
                word = (word ?? []) + [line[index]]
            case 0x20, 0x09, 0x0d:
                if isQuoted {
                    word = (word ?? []) + [byte]
                } else if let complete = word {
                    words.append(ByteString(complete))
                    word = nil
                }
            default:
                word = (word ?? []) + [byte]
            }
            index += 1
        }
        if isQuoted { return nil }
        if let complete = word { words.append(ByteString(complete)) }
        return words
    }
}
