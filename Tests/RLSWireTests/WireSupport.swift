import NIOCore
import RLSCore
import RLSWire

/// Bytes as the tests spell them: `|` stands for NUL.
func wire(_ text: String) -> ByteBuffer { ByteBuffer(bytes: text.utf8.map { $0 == UInt8(ascii: "|") ? 0 : $0 }) }

func spelled(_ buffer: ByteBuffer) -> String {
    String(decoding: buffer.readableBytesView.map { $0 == 0 ? UInt8(ascii: "|") : $0 }, as: UTF8.self)
}

/// A request as the scanner gives it out.
struct Scanned: Hashable {
    let method: String
    let arguments: String
}

extension RequestScanner {
    init(limits: FrameLimits = FrameLimits()) { self.init(methods: MethodCase.shapes, limits: limits) }

    mutating func append(_ text: String) {
        var bytes = wire(text)
        append(&bytes)
    }

    mutating func scanAll() throws(FrameError) -> [Scanned] {
        var found: [Scanned] = []
        while let frame = try next() {
            let name = MethodCase.shapes[frame.method].name.description
            found.append(Scanned(method: name, arguments: spelled(frame.arguments)))
        }
        return found
    }
}

func scan(_ text: String, limits: FrameLimits = FrameLimits()) throws -> [Scanned] {
    var scanner = RequestScanner(limits: limits)
    scanner.append(text)
    return try scanner.scanAll()
}
