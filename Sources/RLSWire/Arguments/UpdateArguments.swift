import NIOCore
import RLSCore

/// `sender URL, (A lfn or D lfn)*`: the original's `rli_update`.
package struct ListUpdateArguments: RequestArguments {
    package static let shape = ArgumentShape.stream(header: 1)
    package let sender: ByteString
    package let changes: [NameChange]

    package init(sender: ByteString, changes: [NameChange]) {
        self.sender = sender
        self.changes = changes
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        sender = try reader.name()
        changes = try reader.changes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(sender)
        buffer.writeChanges(changes)
    }
}

/// `sender URL, bits, hashes, seconds to the next full update`, then the bits: the original's `rli_updatebf`.
package struct FilterUpdateArguments: RequestArguments {
    package static let shape = ArgumentShape.blob(header: 4, size: .bits(field: 1))
    package let sender: ByteString
    package let bits: Int
    package let hashes: Int
    package let interval: Int
    package let filter: ByteBuffer

    package init(sender: ByteString, bits: Int, hashes: Int, interval: Int, filter: ByteBuffer) {
        self.sender = sender
        self.bits = bits
        self.hashes = hashes
        self.interval = interval
        self.filter = filter
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        sender = try reader.name()
        bits = try reader.count()
        hashes = try reader.count()
        // A sender that means "never again" is believed for a year.
        interval = min(try reader.count(), UpdateOrigin.longestInterval)
        filter = reader.rest()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(sender)
        for number in [bits, hashes, interval] { buffer.writeField(number) }
        buffer.writeImmutableBuffer(filter)
    }
}

extension FieldReader {
    mutating func changes() throws(CatalogError) -> [NameChange] {
        var changes: [NameChange] = []
        while !isAtListEnd { changes.append(try change()) }
        return changes
    }

    private mutating func change() throws(CatalogError) -> NameChange {
        var field = try slice()
        let command = field.readInteger(as: UInt8.self)
        let name = ByteString(field.readableBytesUInt8Span)
        if name.isEmpty || name.count > NameLimits.maximumLength { throw CatalogError(.badArgument, name) }
        switch command {
        case UInt8(ascii: "A"): return .added(name)
        case UInt8(ascii: "D"): return .deleted(name)
        case let other:
            let text = other.map { ByteString([$0]) } ?? .empty
            throw CatalogError(.badArgument, "rli_update: Invalid command: " + text)
        }
    }
}

extension ByteBuffer {
    mutating func writeChanges(_ changes: [NameChange]) {
        for change in changes {
            switch change {
            case .added(let name):
                writeInteger(UInt8(ascii: "A"))
                writeField(name)
            case .deleted(let name):
                writeInteger(UInt8(ascii: "D"))
                writeField(name)
            }
        }
        writeEmptyField()
    }
}
