import NIOCore
import RLSCore
import RLSWire

/// Cuts one reply out of the byte stream, item by item. Bytes are looked at once, however they arrive.
struct ReplyScanner {
    enum Event {
        case failure(CatalogError)
        /// The strings of one item.
        case item(ByteBuffer)
        /// The reply is complete; `more` when a page stopped early.
        case end(more: Bool)
    }

    private enum Stage {
        case status
        case subject(StatusCode)
        case item
    }

    /// A server that sends longer strings is no RLS server.
    private static let longestField = 1 << 20

    private let shape: ReplyShape
    private var stage = Stage.status
    /// Of the item that is arriving: its complete strings, and where the search for the next end begins.
    private var fields = 0
    private var width: Int
    private var searched = 0
    private var fieldStart = 0

    init(_ shape: ReplyShape) {
        self.shape = shape
        width = shape.firstWidth
    }

    mutating func next(in buffer: inout ByteBuffer) throws(ClientError) -> Event? {
        while true {
            if case .item = stage, fields == width, width > 0 { return finishItem(in: &buffer) }
            guard let end = buffer.distanceToNUL(from: searched) else {
                searched = buffer.readableBytes
                if searched - fieldStart > Self.longestField {
                    throw ClientError(.badReply, "string without end in reply")
                }
                return nil
            }
            let start = fieldStart
            searched = end + 1
            fieldStart = searched
            if let event = try take(start..<end, of: &buffer) { return event }
        }
    }

    private mutating func take(_ range: Range<Int>, of buffer: inout ByteBuffer) throws(ClientError) -> Event? {
        let field = buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
        let text = ByteString(field.readableBytesView)
        switch stage {
        case .status:
            guard let number = FieldReader.integer(field.readableBytesUInt8Span) else {
                throw ClientError(.badReply, "reply begins with `\(text)`, which is no code")
            }
            discard(&buffer)
            stage = number == 0 ? .item : .subject(StatusCode(rawValue: number))
            return number == 0 && shape == .nothing ? .end(more: false) : nil
        case .subject(let code):
            discard(&buffer)
            return .failure(CatalogError(code, text))
        case .item:
            if fields == 0 {
                if shape.isList && (text.isEmpty || text == "\u{01}") {
                    discard(&buffer)
                    return .end(more: !text.isEmpty)
                }
                width = shape.width(first: text)
            }
            fields += 1
            return nil
        }
    }

    private mutating func finishItem(in buffer: inout ByteBuffer) -> Event {
        fields = 0
        let item = buffer.readSlice(length: searched) ?? ByteBuffer()
        searched = 0
        fieldStart = 0
        return .item(item)
    }

    private mutating func discard(_ buffer: inout ByteBuffer) {
        buffer.moveReaderIndex(forwardBy: searched)
        searched = 0
        fieldStart = 0
    }
}

extension ReplyShape {
    var isList: Bool {
        switch self {
        case .nothing, .fields, .statistics: false
        case .list, .statusList: true
        }
    }

    fileprivate var firstWidth: Int { if case .nothing = self { 0 } else { Int.max } }

    /// How many strings an item has, told by its first.
    fileprivate func width(first: ByteString) -> Int {
        switch self {
        case .nothing: 0
        case .fields(let count), .list(let count): count
        case .statusList(let success, let failure): 1 + (first == "0" ? success : failure)
        // Servers before 4 do not tell the number of senders.
        case .statistics: first.description.hasPrefix("1.") || first.description.hasPrefix("2.") ? 11 : 12
        }
    }
}
