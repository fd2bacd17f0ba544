import RLSCore

/// The protocol's rules for each change: what must hold, which code says that it does not. Every look-up comes before the
/// first write, so a refused change has changed nothing and the transaction goes on.
extension CatalogTransaction {
    /// nil when the change was made.
    package func apply(_ change: Change) throws(StorageError) -> CatalogError? {
        switch change {
        case .create(let mapping): try create(mapping)
        case .add(let mapping): try add(mapping)
        case .ensure(let mapping): try ensure(mapping)
        case .delete(let mapping): try delete(mapping)
        case .rename(let kind, let old, let new): try renameName(kind, old, new)
        case .clear: try clear()
        case .defineAttribute(let definition): try defineAttribute(definition)
        case .undefineAttribute(let kind, let name, let clears): try undefineAttribute(kind, name, clearsValues: clears)
        case .setAttribute(let setting): try set(setting)
        case .removeAttribute(let kind, let key, let name): try removeAttribute(kind, key, name)
        case .addRLI(let url, let flags, let pattern):
            try noting { () throws(StorageError) in try register(url, flags, pattern) }
        case .deleteRLI(let url, let pattern): try noting { () throws(StorageError) in try unregister(url, pattern) }
        case .noteRLIUpdate(let url, let time): try noteUpdate(ofRLI: url, at: time)
        }
    }

    private func noting(_ change: () throws(StorageError) -> CatalogError?) throws(StorageError) -> CatalogError? {
        let refusal = try change()
        if refusal == nil { events.append(.rlisChanged) }
        return refusal
    }

    // MARK: Mappings

    private func create(_ mapping: Mapping) throws(StorageError) -> CatalogError? {
        if try hasName(.lfn, mapping.lfn) { return CatalogError(.lfnExists, mapping.lfn) }
        try insertCounted(mapping, lfnIsNew: true)
        return nil
    }

    private func add(_ mapping: Mapping) throws(StorageError) -> CatalogError? {
        if try hasMapping(mapping) { return CatalogError(.mappingExists, mapping.subject) }
        guard try hasName(.lfn, mapping.lfn) else { return CatalogError(.lfnNotFound, mapping.lfn) }
        try insertCounted(mapping, lfnIsNew: false)
        return nil
    }

    private func ensure(_ mapping: Mapping) throws(StorageError) -> CatalogError? {
        if try hasMapping(mapping) { return nil }
        try insertCounted(mapping, lfnIsNew: try !hasName(.lfn, mapping.lfn))
        return nil
    }

    private func insertCounted(_ mapping: Mapping, lfnIsNew: Bool) throws(StorageError) {
        let pfnIsNew = try !hasName(.pfn, mapping.pfn)
        try insert(mapping)
        if lfnIsNew { events.append(.name(.added(mapping.lfn))) }
        countChange = countChange + CatalogCounts(lfns: lfnIsNew ? 1 : 0, pfns: pfnIsNew ? 1 : 0, mappings: 1)
    }

    private func delete(_ mapping: Mapping) throws(StorageError) -> CatalogError? {
        guard try remove(mapping) else {
            if try !hasName(.lfn, mapping.lfn) { return CatalogError(.lfnNotFound, mapping.lfn) }
            if try !hasName(.pfn, mapping.pfn) { return CatalogError(.pfnNotFound, mapping.pfn) }
            return CatalogError(.mappingNotFound, mapping.subject)
        }
        let lfnIsGone = try !hasName(.lfn, mapping.lfn)
        let pfnIsGone = try !hasName(.pfn, mapping.pfn)
        if lfnIsGone {
            try forget(.lfn, mapping.lfn)
            events.append(.name(.deleted(mapping.lfn)))
        }
        if pfnIsGone { try forget(.pfn, mapping.pfn) }
        countChange = countChange + CatalogCounts(lfns: lfnIsGone ? -1 : 0, pfns: pfnIsGone ? -1 : 0, mappings: -1)
        return nil
    }

    private func renameName(_ kind: NameKind, _ old: ByteString, _ new: ByteString) throws(StorageError)
        -> CatalogError?
    {
        guard try hasName(kind, old) else { return CatalogError(kind.notFound, old) }
        if try hasName(kind, new) { return CatalogError(kind.exists, new) }
        try rename(kind, from: old, to: new)
        if kind == .lfn { events += [.name(.deleted(old)), .name(.added(new))] }
        return nil
    }

    private func clear() throws(StorageError) -> CatalogError? {
        try removeEverything()
        try resetCounts()
        events.append(.cleared)
        return nil
    }

    // MARK: Attributes

    private func defineAttribute(_ definition: AttributeDefinition) throws(StorageError) -> CatalogError? {
        if try attribute(definition.kind, definition.name) != nil {
            return CatalogError(.attributeExists, definition.name)
        }
        try define(definition)
        return nil
    }

    private func undefineAttribute(
        _ kind: NameKind, _ name: ByteString, clearsValues: Bool
    ) throws(StorageError) -> CatalogError? {
        guard let attribute = try attribute(kind, name) else { return CatalogError(.attributeNotFound, name) }
        if !clearsValues, try hasValues(attribute) { return CatalogError(.attributeInUse, name) }
        try undefine(attribute)
        return nil
    }

    private func set(_ setting: AttributeSetting) throws(StorageError) -> CatalogError? {
        guard try hasName(setting.kind, setting.key) else { return CatalogError(setting.kind.notFound, setting.key) }
        guard let attribute = try attribute(setting.kind, setting.name) else {
            return CatalogError(.attributeNotFound, setting.name)
        }
        let type = attribute.definition.type
        guard setting.type == type else {
            return CatalogError(.invalidAttributeType, "specified \(setting.type.rawValue) should be \(type.rawValue)")
        }
        guard let value = AttributeValue(setting.text, as: type) else {
            return CatalogError(.badArgument, setting.text)
        }
        if setting.mode != .ensure {
            let isThere = try hasValue(attribute, of: setting.key)
            if setting.mode == .add && isThere { return CatalogError(.attributeExists, setting.name) }
            if setting.mode == .modify && !isThere { return CatalogError(.attributeValueNotFound, setting.name) }
        }
        try setValue(value, attribute, of: setting.key)
        return nil
    }

    private func removeAttribute(
        _ kind: NameKind, _ key: ByteString, _ name: ByteString
    ) throws(StorageError) -> CatalogError? {
        guard try hasName(kind, key) else { return CatalogError(kind.notFound, key) }
        guard let attribute = try attribute(kind, name) else { return CatalogError(.attributeNotFound, name) }
        guard try hasValue(attribute, of: key) else { return CatalogError(.attributeNotFound, key + ": " + name) }
        try removeValue(attribute, of: key)
        return nil
    }
}
