import RLSCore
import RLSStorage

/// A name and what it is a name of.
struct ObjectName: Hashable {
    let kind: NameKind
    let name: ByteString
}

/// What a write transaction knows of the catalog, as it is after the changes so far, written or not. Knows no database.
struct CatalogFacts {
    /// Mappings that were asked for: whether they are written, and whether they are there.
    private var mappings: [Mapping: (isWritten: Bool, isThere: Bool)] = [:]
    /// In how many mappings a name is; counted up to one more than can be removed.
    private var counts: [ObjectName: Int] = [:]
    private var objects: [ObjectName: ObjectFacts] = [:]
    /// Objects with something unwritten, in the order of their first change: searches give equal values in that order.
    private var touched: [ObjectName] = []

    // MARK: Learning

    mutating func learn(_ mapping: Mapping, isThere: Bool) {
        if mappings[mapping] == nil { mappings[mapping] = (isThere, isThere) }
    }

    mutating func learn(_ name: ObjectName, count: Int) { if counts[name] == nil { counts[name] = count } }

    mutating func learn(_ name: ObjectName, attribute: Int64, hasValue: Bool) {
        if objects[name, default: ObjectFacts()].known[attribute] == nil {
            objects[name, default: ObjectFacts()].known[attribute] = hasValue
        }
    }

    // MARK: Knowing: nil where the database must be asked

    func count(of name: ObjectName) -> Int? { counts[name] }

    func has(_ mapping: Mapping) -> Bool? {
        if let known = mappings[mapping] { return known.isThere }
        return counts[ObjectName(kind: .lfn, name: mapping.lfn)] == 0 ? false : nil
    }

    func hasValue(_ name: ObjectName, attribute: Int64) -> Bool? {
        guard let object = objects[name] else { return nil }
        return object.known[attribute] ?? (object.isForgotten ? false : nil)
    }

    // MARK: Changes

    mutating func insert(_ mapping: Mapping) {
        mappings[mapping] = (mappings[mapping]?.isWritten ?? false, true)
        count(1, mapping)
    }

    mutating func remove(_ mapping: Mapping) {
        mappings[mapping] = (mappings[mapping]?.isWritten ?? true, false)
        count(-1, mapping)
    }

    private mutating func count(_ number: Int, _ mapping: Mapping) {
        counts[ObjectName(kind: .lfn, name: mapping.lfn)]? += number
        counts[ObjectName(kind: .pfn, name: mapping.pfn)]? += number
    }

    /// - Parameter value: nil removes it
    mutating func set(_ value: AttributeValue?, attribute: Int64, of name: ObjectName) {
        touch(name)
        objects[name, default: ObjectFacts()].known[attribute] = value != nil
        objects[name, default: ObjectFacts()].unwritten[attribute] = .some(value)
    }

    /// All values of an object.
    mutating func forget(_ name: ObjectName) {
        touch(name)
        objects[name] = ObjectFacts(isForgotten: true, mustForget: true)
    }

    private mutating func touch(_ name: ObjectName) {
        if objects[name].map({ !$0.mustForget && $0.unwritten.isEmpty }) ?? true { touched.append(name) }
    }

    // MARK: Writing

    /// What is to be written, and is taken for written from now on.
    mutating func takeWrites() -> CatalogWrites {
        var writes = CatalogWrites()
        for (mapping, state) in mappings where state.isWritten != state.isThere {
            if state.isThere { writes.inserted.append(mapping) } else { writes.removed.append(mapping) }
            mappings[mapping] = (state.isThere, state.isThere)
        }
        for name in touched {
            guard let object = objects[name] else { continue }
            if object.mustForget { writes.forgotten.append(name) }
            for (attribute, value) in object.unwritten {
                writes.values.append(CatalogWrites.Value(attribute: attribute, name: name.name, value: value))
            }
            objects[name]?.mustForget = false
            objects[name]?.unwritten = [:]
        }
        touched = []
        return writes
    }
}

private struct ObjectFacts {
    /// What is not known is not there.
    var isForgotten = false
    var mustForget = false
    var known: [Int64: Bool] = [:]
    var unwritten: [Int64: AttributeValue?] = [:]
}

/// Rows to write; what is forgotten goes before values come.
struct CatalogWrites {
    struct Value {
        let attribute: Int64
        let name: ByteString
        /// nil: the row goes.
        let value: AttributeValue?
    }

    var inserted: [Mapping] = []
    var removed: [Mapping] = []
    var forgotten: [ObjectName] = []
    var values: [Value] = []
}
