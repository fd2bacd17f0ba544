import RLSCore

/// One change to a catalog. Each has its own outcome, whatever else is committed with it.
package enum Change: SizedChange, Hashable {
    /// The LFN must be new.
    case create(Mapping)
    /// The LFN must exist, the mapping be new.
    case add(Mapping)
    /// Afterwards the mapping exists; never fails.
    case ensure(Mapping)
    case delete(Mapping)
    case rename(NameKind, old: ByteString, new: ByteString)
    /// Removes all mappings and attribute values; definitions and index servers stay.
    case clear
    case defineAttribute(AttributeDefinition)
    case undefineAttribute(NameKind, name: ByteString, clearsValues: Bool)
    case setAttribute(AttributeSetting)
    case removeAttribute(NameKind, key: ByteString, name: ByteString)
    case addRLI(url: ByteString, flags: Int, pattern: ByteString)
    /// An empty pattern removes the RLI with all its patterns.
    case deleteRLI(url: ByteString, pattern: ByteString)
    /// An index server has been brought up to date at that Unix time.
    case noteRLIUpdate(url: ByteString, time: Int)
}

/// A value for an attribute of one object. The value is text until the definition's type is known to agree.
package struct AttributeSetting: Sendable, Hashable {
    package enum Mode: Sendable {
        /// There must be no value yet.
        case add
        /// There must be a value.
        case modify
        /// Either.
        case ensure
    }

    package let mode: Mode
    package let kind: NameKind
    package let key: ByteString
    package let name: ByteString
    package let type: AttributeType
    package let text: ByteString

    package init(
        _ mode: Mode, kind: NameKind, key: ByteString, name: ByteString, type: AttributeType, text: ByteString
    ) {
        self.mode = mode
        self.kind = kind
        self.key = key
        self.name = name
        self.type = type
        self.text = text
    }
}
