import Foundation
import RLSCore

/// Where a command prints: bytes as they are, lines as the original's, or a JSON object a line.
struct Output: Sendable {
    enum Style: Sendable {
        case text
        case json
    }

    let style: Style

    /// One result. `text` is the original's line without its two leading blanks.
    func result(_ text: ByteString, _ fields: @autoclosure () -> [(String, JSONField)]) {
        switch style {
        case .text: write("  " + text)
        case .json: write(JSONLine.encode(fields()))
        }
    }

    /// A line for people only.
    func note(_ text: String) {
        if style == .text { write(ByteString(text)) }
    }

    func write(_ line: ByteString) { StandardOutput.write(line.bytes + [UInt8(ascii: "\n")]) }

    func error(_ text: String) {
        StandardOutput.flush()
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// Buffers what goes to standard output: a system call for each line would be most of the time.
enum StandardOutput {
    private static let buffer = OutputBuffer()

    static func write(_ bytes: [UInt8]) { buffer.append(bytes) }
    static func flush() { buffer.flush() }
}

private final class OutputBuffer: @unchecked Sendable {
    // Protected by `lock`.
    private var bytes: [UInt8] = []
    private let lock = NSLock()

    func append(_ more: [UInt8]) {
        lock.withLock {
            bytes += more
            if bytes.count >= 65_536 { drain() }
        }
    }

    func flush() { lock.withLock { drain() } }

    private func drain() {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(1, $0.baseAddress, $0.count) }
            // The reader has gone, as `head` does.
            if written <= 0 { if errno == EINTR { continue } else { break } }
            rest = rest.dropFirst(written)
        }
        bytes.removeAll(keepingCapacity: true)
    }
}

enum JSONField: Sendable {
    case bytes(ByteString)
    case number(Int)
    case literal(String)
    case object([(String, JSONField)])
    /// Of objects.
    case list([[(String, JSONField)]])
    case flag(Bool)
}

/// JSON objects on one line. A value that is no UTF-8 stands under its key with `_base64` appended.
enum JSONLine {
    static func encode(_ fields: [(String, JSONField)]) -> ByteString {
        var text = ""
        append(fields, to: &text)
        return ByteString(text)
    }

    private static func append(_ fields: [(String, JSONField)], to text: inout String) {
        text += "{"
        for (index, (key, value)) in fields.enumerated() {
            if index > 0 { text += "," }
            append(key, value, to: &text)
        }
        text += "}"
    }

    private static func append(_ key: String, _ value: JSONField, to text: inout String) {
        switch value {
        case .bytes(let bytes):
            if let string = String(validating: bytes.bytes, as: UTF8.self) {
                text += quoted(key) + ":" + quoted(string)
            } else {
                text += quoted(key + "_base64") + ":" + quoted(Data(bytes.bytes).base64EncodedString())
            }
        case .number(let number): text += quoted(key) + ":\(number)"
        case .literal(let literal): text += quoted(key) + ":" + literal
        case .flag(let flag): text += quoted(key) + ":\(flag)"
        case .object(let fields):
            text += quoted(key) + ":"
            append(fields, to: &text)
        case .list(let items):
            text += quoted(key) + ":["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                append(item, to: &text)
            }
            text += "]"
        }
    }

    static func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension AttributeValue {
    /// Numbers as JSON numbers, the rest as strings.
    var json: JSONField {
        switch self {
        case .int(let number): .literal("\(number)")
        case .float(let number): .literal("\(number)")
        case .date, .string: .bytes(text)
        }
    }
}
