import RLSCore
import RLSStorage

/// What a commit did, in a few bytes a name: a letter for each event, and for a name its length in two bytes and itself.
enum CatalogEventCoding {
    private enum Letter: UInt8 {
        case added = 0x2b
        case deleted = 0x2d
        case cleared = 0x63
        case rlisChanged = 0x72
    }

    static func encode(_ events: [CatalogEvent]) -> ByteString {
        var bytes: [UInt8] = []
        for event in events {
            switch event {
            case .name(.added(let name)): put(.added, name, into: &bytes)
            case .name(.deleted(let name)): put(.deleted, name, into: &bytes)
            case .cleared: bytes.append(Letter.cleared.rawValue)
            case .rlisChanged: bytes.append(Letter.rlisChanged.rawValue)
            case .missed: break
            }
        }
        return ByteString(bytes)
    }

    private static func put(_ letter: Letter, _ name: ByteString, into bytes: inout [UInt8]) {
        bytes.append(letter.rawValue)
        bytes.append(UInt8(truncatingIfNeeded: name.count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: name.count))
        bytes += name.bytes
    }

    /// nil when the bytes are not of ours.
    static func decode(_ text: ByteString) -> [CatalogEvent]? {
        let bytes = text.bytes
        var events: [CatalogEvent] = []
        var index = 0
        while index < bytes.count {
            guard let letter = Letter(rawValue: bytes[index]) else { return nil }
            index += 1
            switch letter {
            case .cleared: events.append(.cleared)
            case .rlisChanged: events.append(.rlisChanged)
            case .added, .deleted:
                guard index + 2 <= bytes.count else { return nil }
                let end = index + 2 + Int(bytes[index]) << 8 + Int(bytes[index + 1])
                guard end <= bytes.count else { return nil }
                let name = ByteString(Array(bytes[(index + 2)..<end]))
                events.append(.name(letter == .added ? .added(name) : .deleted(name)))
                index = end
            }
        }
        return events
    }
}
