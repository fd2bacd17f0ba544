import RLSCore
import RLSStorage
import Testing

/// The rules of a catalog in the plainest form: a set of mappings and dictionaries of values.
struct CatalogModel {
    private struct Key: Hashable {
        let kind: NameKind
        let name: ByteString
    }

    private(set) var mappings: Set<Mapping> = []
    private var definitions: [Key: AttributeType] = [:]
    private var values: [Key: [ByteString: AttributeValue]] = [:]

    private func name(_ kind: NameKind, of mapping: Mapping) -> ByteString {
        kind == .lfn ? mapping.lfn : mapping.pfn
    }

    func names(_ kind: NameKind) -> Set<ByteString> { Set(mappings.map { name(kind, of: $0) }) }

    var counts: CatalogCounts {
        CatalogCounts(lfns: names(.lfn).count, pfns: names(.pfn).count, mappings: mappings.count)
    }

    func values(_ kind: NameKind, of name: ByteString) -> [ByteString: AttributeValue] {
        values[Key(kind: kind, name: name)] ?? [:]
    }

    mutating func apply(_ change: Change) -> CatalogError? {
        switch change {
        case .create(let mapping):
            if names(.lfn).contains(mapping.lfn) { return CatalogError(.lfnExists, mapping.lfn) }
            mappings.insert(mapping)
        case .add(let mapping):
            if mappings.contains(mapping) { return CatalogError(.mappingExists, mapping.subject) }
            if !names(.lfn).contains(mapping.lfn) { return CatalogError(.lfnNotFound, mapping.lfn) }
            mappings.insert(mapping)
        case .ensure(let mapping): mappings.insert(mapping)
        case .delete(let mapping): return delete(mapping)
        case .rename(let kind, let old, let new): return rename(kind, old, new)
        case .clear: (mappings, values) = ([], [:])
        case .defineAttribute(let definition):
            let key = Key(kind: definition.kind, name: definition.name)
            if definitions[key] != nil { return CatalogError(.attributeExists, definition.name) }
            definitions[key] = definition.type
        case .undefineAttribute(let kind, let name, let clears): return undefine(kind, name, clears)
        case .setAttribute(let setting): return set(setting)
        case .removeAttribute(let kind, let key, let name): return removeValue(kind, key, name)
        case .addRLI, .deleteRLI, .noteRLIUpdate: break
        }
        return nil
    }

    private mutating func delete(_ mapping: Mapping) -> CatalogError? {
        if mappings.remove(mapping) == nil {
            if !names(.lfn).contains(mapping.lfn) { return CatalogError(.lfnNotFound, mapping.lfn) }
            if !names(.pfn).contains(mapping.pfn) { return CatalogError(.pfnNotFound, mapping.pfn) }
            return CatalogError(.mappingNotFound, mapping.subject)
        }
        for kind in NameKind.allCases where !names(kind).contains(name(kind, of: mapping)) {
            values[Key(kind: kind, name: name(kind, of: mapping))] = nil
        }
        return nil
    }

    private mutating func rename(_ kind: NameKind, _ old: ByteString, _ new: ByteString) -> CatalogError? {
        if !names(kind).contains(old) { return CatalogError(kind.notFound, old) }
        if names(kind).contains(new) { return CatalogError(kind.exists, new) }
        mappings = Set(
            mappings.map {
                if name(kind, of: $0) != old { return $0 }
                return kind == .lfn ? Mapping(lfn: new, pfn: $0.pfn) : Mapping(lfn: $0.lfn, pfn: new)
            })
        values[Key(kind: kind, name: new)] = values.removeValue(forKey: Key(kind: kind, name: old))
        return nil
    }

    private mutating func undefine(_ kind: NameKind, _ name: ByteString, _ clears: Bool) -> CatalogError? {
        let key = Key(kind: kind, name: name)
        if definitions[key] == nil { return CatalogError(.attributeNotFound, name) }
        let holders = values.keys.filter { $0.kind == kind && values[$0]?[name] != nil }
        if !clears && !holders.isEmpty { return CatalogError(.attributeInUse, name) }
        for holder in holders { values[holder]?[name] = nil }
        definitions[key] = nil
        return nil
    }

    private mutating func set(_ setting: AttributeSetting) -> CatalogError? {
        if !names(setting.kind).contains(setting.key) { return CatalogError(setting.kind.notFound, setting.key) }
        guard let type = definitions[Key(kind: setting.kind, name: setting.name)] else {
            return CatalogError(.attributeNotFound, setting.name)
        }
        if type != setting.type {
            return CatalogError(.invalidAttributeType, "specified \(setting.type.rawValue) should be \(type.rawValue)")
        }
        guard let value = AttributeValue(setting.text, as: type) else {
            return CatalogError(.badArgument, setting.text)
        }
        let key = Key(kind: setting.kind, name: setting.key)
        let isThere = values[key]?[setting.name] != nil
        if setting.mode == .add && isThere { return CatalogError(.attributeExists, setting.name) }
        if setting.mode == .modify && !isThere { return CatalogError(.attributeValueNotFound, setting.name) }
        values[key, default: [:]][setting.name] = value
        return nil
    }

    private mutating func removeValue(_ kind: NameKind, _ key: ByteString, _ name: ByteString) -> CatalogError? {
        if !names(kind).contains(key) { return CatalogError(kind.notFound, key) }
        if definitions[Key(kind: kind, name: name)] == nil { return CatalogError(.attributeNotFound, name) }
        if values[Key(kind: kind, name: key)]?.removeValue(forKey: name) == nil {
            return CatalogError(.attributeNotFound, key + ": " + name)
        }
        return nil
    }
}

extension Change {
    /// Over few names, so that most rules are met often.
    static func random(_ random: inout SeededGenerator) -> Change {
        let mapping = Mapping(
            lfn: "l\(Int.random(in: 0..<6, using: &random))", pfn: "p\(Int.random(in: 0..<5, using: &random))")
        let kind: NameKind = Bool.random(using: &random) ? .lfn : .pfn
        let letter = kind == .lfn ? "l" : "p"
        let key = ByteString("\(letter)\(Int.random(in: 0..<7, using: &random))")
        let name: ByteString = Bool.random(using: &random) ? "int" : "text"
        let type: AttributeType = Int.random(in: 0..<6, using: &random) == 0 ? .date : name == "int" ? .int : .string
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<15: return .create(mapping)
        case 15..<30: return .add(mapping)
        case 30..<40: return .ensure(mapping)
        case 40..<62: return .delete(mapping)
        case 62..<70: return .rename(kind, old: key, new: "\(letter)\(Int.random(in: 0..<7, using: &random))")
        case 70..<75:
            return .defineAttribute(AttributeDefinition(name: name, kind: kind, type: name == "int" ? .int : .string))
        case 75..<77: return .undefineAttribute(kind, name: name, clearsValues: Bool.random(using: &random))
        case 77..<92:
            let modes: [AttributeSetting.Mode] = [.add, .modify, .ensure]
            let mode = modes[Int.random(in: 0..<3, using: &random)]
            let text = ByteString(["1", "-2", "three", ""][Int.random(in: 0..<4, using: &random)])
            return .setAttribute(AttributeSetting(mode, kind: kind, key: key, name: name, type: type, text: text))
        case 92..<99: return .removeAttribute(kind, key: key, name: name)
        default: return .clear
        }
    }
}

extension CatalogStoreContract {
    /// Thousands of changes in groups of any size: each outcome, the contents and the counts are those of the model.
    @Sendable static func agreesWithModel(_ probe: StoreProbe) async throws {
        var random = SeededGenerator(seed: 4)
        var model = CatalogModel()
        var outcomes: Set<StatusCode> = []
        for _ in 0..<400 {
            let changes = (0..<Int.random(in: 1...20, using: &random)).map { _ in Change.random(&random) }
            let expected = changes.map { model.apply($0) }
            #expect(try await probe.apply(changes) == expected)
            outcomes.formUnion(expected.compactMap { $0?.code })
            try compare(probe, model)
        }
        #expect(outcomes.count == 12, "each rule was met: \(outcomes.map(\.rawValue).sorted())")
    }

    private static func compare(_ probe: StoreProbe, _ model: CatalogModel) throws {
        #expect(probe.store.counts == model.counts)
        let found = try probe.walk(by: .pfn, prefix: "", order: .ascending, step: 1_000)
        #expect(Set(found.map { Mapping(lfn: $0.partner, pfn: $0.name) }) == model.mappings)
        #expect(found.count == model.mappings.count)
        let reader = try probe.store.makeReader()
        for kind in NameKind.allCases {
            for name in (0..<7).map({ ByteString("\(kind == .lfn ? "l" : "p")\($0)") }) {
                let bytes = name.bytes
                let isThere = try reader.hasName(kind, bytes.span)
                #expect(isThere == model.names(kind).contains(name))
                let values = try reader.attributeValues(kind, of: bytes.span)
                let named = Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) })
                #expect(named == model.values(kind, of: name))
            }
        }
    }
}
