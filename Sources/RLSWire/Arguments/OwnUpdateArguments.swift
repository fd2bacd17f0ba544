import NIOCore
import RLSCore

/// Whose state an update of our own kind carries: the strings that every such request begins with.
package struct UpdateOrigin: Sendable, Hashable {
    static let fieldCount = 4
    /// Seconds.
    package static let longestInterval = 31_536_000
    /// The catalog's URL, as answers of the index will name it.
    package let url: ByteString
    /// Tells apart two catalogs that go by the same URL.
    package let instance: ByteString
    /// Index servers that the state has passed on its way here, the oldest first.
    package let path: [ByteString]
    /// Seconds to the next update: after 1.2 of these the state is stale.
    package let interval: Int

    package init(url: ByteString, instance: ByteString, path: [ByteString] = [], interval: Int) {
        self.url = url
        self.instance = instance
        self.path = path
        self.interval = interval
    }

    init(from reader: inout FieldReader) throws(CatalogError) {
        url = try reader.name()
        instance = try reader.bytes()
        path = try reader.bytes().words
        interval = try reader.count()
        if instance.count > 64 || path.count > 32 || interval > Self.longestInterval {
            throw CatalogError(.badArgument, url)
        }
    }

    func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(url)
        buffer.writeField(instance)
        buffer.writeField(ByteString(words: path))
        buffer.writeField(interval)
    }
}

/// Which state of a sender's filter: numbers of one epoch follow from each other, another epoch has nothing to do with them.
package struct FilterVersion: Sendable, Hashable {
    package let epoch: ByteString
    package let number: Int

    package init(epoch: ByteString, number: Int) {
        self.epoch = epoch
        self.number = number
    }
}

/// `origin, hashing, bits, hashes, names, epoch, version, bytes`, then the bits: a whole filter.
package struct WholeFilterArguments: RequestArguments {
    package static let shape = ArgumentShape.blob(
        header: UpdateOrigin.fieldCount + 7, size: .bytes(field: UpdateOrigin.fieldCount + 6))
    package let origin: UpdateOrigin
    /// Which hash function: 0 the original's, 1 XXH3.
    package let hashing: Int
    package let bits: Int
    package let hashes: Int
    package let names: Int
    package let version: FilterVersion
    package let filter: ByteBuffer

    package init(
        origin: UpdateOrigin, hashing: Int, bits: Int, hashes: Int, names: Int, version: FilterVersion,
        filter: ByteBuffer
    ) {
        self.origin = origin
        self.hashing = hashing
        self.bits = bits
        self.hashes = hashes
        self.names = names
        self.version = version
        self.filter = filter
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        origin = try UpdateOrigin(from: &reader)
        hashing = try reader.count()
        bits = try reader.count()
        hashes = try reader.count()
        names = try reader.nameCount()
        let epoch = try reader.bytes()
        version = FilterVersion(epoch: epoch, number: try reader.count())
        _ = try reader.count()
        filter = reader.rest()
    }
    package func encode(into buffer: inout ByteBuffer) {
        origin.encode(into: &buffer)
        for number in [hashing, bits, hashes, names] { buffer.writeField(number) }
        buffer.writeField(version.epoch)
        buffer.writeField(version.number)
        buffer.writeField(filter.readableBytes)
        buffer.writeImmutableBuffer(filter)
    }
}

/// `origin, names, epoch, from version, to version, bytes`, then which bits differ. Without any it says that all is as it was.
package struct FilterDeltaArguments: RequestArguments {
    package static let shape = ArgumentShape.blob(
        header: UpdateOrigin.fieldCount + 5, size: .bytes(field: UpdateOrigin.fieldCount + 4))
    package let origin: UpdateOrigin
    package let names: Int
    package let old: FilterVersion
    package let newNumber: Int
    package let delta: ByteBuffer

    package init(origin: UpdateOrigin, names: Int, old: FilterVersion, newNumber: Int, delta: ByteBuffer) {
        self.origin = origin
        self.names = names
        self.old = old
        self.newNumber = newNumber
        self.delta = delta
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        origin = try UpdateOrigin(from: &reader)
        names = try reader.nameCount()
        let epoch = try reader.bytes()
        old = FilterVersion(epoch: epoch, number: try reader.count())
        newNumber = try reader.count()
        _ = try reader.count()
        delta = reader.rest()
    }
    package func encode(into buffer: inout ByteBuffer) {
        origin.encode(into: &buffer)
        buffer.writeField(names)
        buffer.writeField(old.epoch)
        buffer.writeField(old.number)
        buffer.writeField(newNumber)
        buffer.writeField(delta.readableBytes)
        buffer.writeImmutableBuffer(delta)
    }
}

/// `origin`: the beginning of a full list.
package struct ListBeginArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(UpdateOrigin.fieldCount)
    package let origin: UpdateOrigin

    package init(_ origin: UpdateOrigin) { self.origin = origin }
    package init(from reader: inout FieldReader) throws(CatalogError) { origin = try UpdateOrigin(from: &reader) }
    package func encode(into buffer: inout ByteBuffer) { origin.encode(into: &buffer) }
}

/// `url, instance, token, (lfn)*`: names of a full list that has begun.
package struct ListPartArguments: RequestArguments {
    package static let shape = ArgumentShape.stream(header: 3)
    package let url: ByteString
    package let instance: ByteString
    package let token: Int
    package let names: [BulkName]

    package init(url: ByteString, instance: ByteString, token: Int, names: [ByteString]) {
        self.url = url
        self.instance = instance
        self.token = token
        self.names = names.map(BulkName.init)
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        url = try reader.name()
        instance = try reader.bytes()
        token = try reader.count()
        names = try reader.items()
        if let bad = names.first(where: { $0.name.count > NameLimits.maximumLength }) {
            throw CatalogError(.badArgument, bad.name)
        }
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(url)
        buffer.writeField(instance)
        buffer.writeField(token)
        buffer.writeItems(names)
    }
}

/// `url, instance, token, number of names`: the list is complete and takes the place of the one before.
package struct ListEndArguments: RequestArguments {
    package static let shape = ArgumentShape.fields(4)
    package let url: ByteString
    package let instance: ByteString
    package let token: Int
    package let names: Int

    package init(url: ByteString, instance: ByteString, token: Int, names: Int) {
        self.url = url
        self.instance = instance
        self.token = token
        self.names = names
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        url = try reader.name()
        instance = try reader.bytes()
        token = try reader.count()
        names = try reader.nameCount()
    }
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeField(url)
        buffer.writeField(instance)
        buffer.writeField(token)
        buffer.writeField(names)
    }
}

/// `origin, (A lfn or D lfn)*`: what has changed since the last update. Without any it says that all is as it was.
package struct ListChangesArguments: RequestArguments {
    package static let shape = ArgumentShape.stream(header: UpdateOrigin.fieldCount)
    package let origin: UpdateOrigin
    package let changes: [NameChange]

    package init(origin: UpdateOrigin, changes: [NameChange]) {
        self.origin = origin
        self.changes = changes
    }
    package init(from reader: inout FieldReader) throws(CatalogError) {
        origin = try UpdateOrigin(from: &reader)
        changes = try reader.changes()
    }
    package func encode(into buffer: inout ByteBuffer) {
        origin.encode(into: &buffer)
        buffer.writeChanges(changes)
    }
}

extension FieldReader {
    /// A number of names: small enough to be added up.
    fileprivate mutating func nameCount() throws(CatalogError) -> Int {
        let number = try count()
        if number > 1 << 40 { throw CatalogError(.badArgument, "\(number)") }
        return number
    }
}
