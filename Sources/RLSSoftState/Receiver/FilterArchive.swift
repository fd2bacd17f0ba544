import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import RLSCore
import RLSFilter
import RLSWire

/// Received filters in files, one a sender, so that a restarted index answers at once.
///
/// `NAME.filter` is ours. `NAME.bf` is the original's: read, never written.
package final class FilterArchive: Sendable {
    package struct Saved: Sendable {
        package let arguments: WholeFilterArguments
        /// Unix times in milliseconds.
        package let lastUpdate: Int
        package let lastFull: Int
    }

    /// Seconds between two writings of one sender's file: changes come faster than a disk should be asked to follow.
    private static let pause = 30

    private struct State {
        var changed: Set<Int> = []
        var saved: [Int: Int] = [:]
        /// A full disk is told once, not for each file.
        var hasFailed = false
    }

    private let directory: String
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    /// Makes the directory when it is not there.
    package init(directory: String, logger: Logger) throws {
        self.directory = directory
        self.logger = logger
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    func changed(_ sender: Int) { state.withLockedValue { _ = $0.changed.insert(sender) } }

    func remove(_ sender: IndexSender) {
        state.withLockedValue { state in
            state.changed.remove(sender.id)
            state.saved[sender.id] = nil
        }
        try? FileManager.default.removeItem(atPath: path(sender.key))
    }

    /// Senders whose file is to be written now.
    func due(at seconds: Int, all: Bool) -> [Int] {
        state.withLockedValue { state in
            let due = state.changed.filter { all || seconds - (state.saved[$0] ?? -Self.pause) >= Self.pause }
            for id in due { state.saved[id] = seconds }
            state.changed.subtract(due)
            return due.sorted()
        }
    }

    private func path(_ key: SenderKey) -> String {
        var name = key.url.description.replacing("/", with: "%")
        if !key.instance.isEmpty { name += "%" + key.instance.description.replacing("/", with: "%") }
        if name.utf8.count > 200 { name = String(name.prefix(120)) + "%" + Self.digest(key.url + key.instance) }
        return directory + "/" + name + ".filter"
    }

    /// FNV-1a: tells long names apart in a directory, no more.
    private static func digest(_ bytes: ByteString) -> String {
        let hash = bytes.bytes.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    // MARK: Files

    private static let magic: ByteString = "rls-filter-1"

    func save(_ sender: IndexSender, _ filter: FilterBits) {
        guard case .filter(let version) = sender.kind else { return }
        let origin = UpdateOrigin(
            url: sender.key.url, instance: sender.key.instance, path: sender.path, interval: sender.interval)
        var buffer = ByteBuffer()
        buffer.writeField(Self.magic)
        buffer.writeField(sender.lastUpdate)
        buffer.writeField(sender.lastFull)
        WholeFilterArguments(
            origin: origin, hashing: Int(filter.shape.hashing.rawValue), bits: filter.shape.bits,
            hashes: filter.shape.hashes, names: sender.names, version: version ?? FilterVersion(epoch: "", number: 0),
            filter: ByteBuffer(bytes: filter.bytes)
        ).encode(into: &buffer)
        do {
            try Data(buffer.readableBytesView).write(to: URL(fileURLWithPath: path(sender.key)), options: .atomic)
            state.withLockedValue { $0.hasFailed = false }
        } catch {
            let isNews = state.withLockedValue { !exchange(&$0.hasFailed, with: true) }
            guard isNews else { return }
            logger.error(
                "filter not saved", metadata: ["url": "\(sender.key.url)", "cause": "\(error.localizedDescription)"])
        }
    }

    /// What an earlier run has left. A file that cannot be understood is named in the log and left alone.
    package func load() -> [Saved] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        var saved: [Saved] = []
        var keys: Set<SenderKey> = []
        // Ours before the original's: they are the newer.
        for name in names.filter({ $0.hasSuffix(".filter") }).sorted() + names.filter({ $0.hasSuffix(".bf") }).sorted()
        {
            let path = directory + "/" + name
            guard let found = name.hasSuffix(".bf") ? loadOriginal(path, name) : load(path) else {
                logger.warning("no filter", metadata: ["file": "\(path)"])
                continue
            }
            let origin = found.arguments.origin
            if keys.insert(SenderKey(url: origin.url, instance: origin.instance)).inserted { saved.append(found) }
        }
        return saved
    }

    private func load(_ path: String) -> Saved? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        var reader = FieldReader(ByteBuffer(bytes: data))
        do {
            guard try reader.bytes() == Self.magic else { return nil }
            let lastUpdate = try reader.count()
            let lastFull = try reader.count()
            return Saved(
                arguments: try WholeFilterArguments(from: &reader), lastUpdate: lastUpdate, lastFull: lastFull)
        } catch { return nil }
    }

    private func loadOriginal(_ path: String, _ name: String) -> Saved? {
        guard let bytes = FileManager.default.contents(atPath: path).map({ Array($0) }),
            let filter = FilterBits(legacyFile: bytes.span)
        else { return nil }
        let written = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        let time = Int((written?.timeIntervalSince1970 ?? 0) * 1_000)
        let url = ByteString(String(name.dropLast(3)).replacing("%", with: "/"))
        let arguments = WholeFilterArguments(
            origin: UpdateOrigin(url: url, instance: .empty, interval: 0), hashing: 0, bits: filter.shape.bits,
            hashes: filter.shape.hashes, names: filter.estimatedNames, version: FilterVersion(epoch: "", number: 0),
            filter: ByteBuffer(bytes: filter.bytes))
        return Saved(arguments: arguments, lastUpdate: time, lastFull: time)
    }
}
