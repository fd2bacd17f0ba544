import Glibc
import RLSCore

/// What stands under a name, compared with what should.
enum StandingContent: Sendable, Equatable {
    case right
    case other
    /// Nothing is there, or nobody can tell: it cannot be read, or the record has no checksum.
    case unknown
}

extension Landing {
    /// Reads what stands under a name, unless its size tells enough.
    ///
    /// - Parameters:
    ///   - root: absolute path of the partition
    ///   - name: path below it
    func standing(_ record: FileRecord, root: String, name: String) async -> StandingContent {
        guard let size = FileCalls.size("\(root)/\(name)") else { return .unknown }
        if size != record.size { return .other }
        guard let kind = record.checksums.strongest else { return .unknown }
        let found = await threads.run { [permissions] isCancelled in
            guard let place = try? LandingPlace(root: root, name: ByteString(name)),
                let directory = try? place.openDirectory(searchableBy: permissions)
            else { return StandingContent.unknown }
            defer { close(directory) }
            let file = openat(directory, place.last, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
            guard file >= 0, let blocks = try? FileBlocks(descriptor: file, path: place.description),
                let digested = try? ContentDigest.of(
                    blocks, path: place.description, kinds: [kind], isCancelled: isCancelled)
            else { return .unknown }
            let isRight =
                digested.size == record.size && digested.checksums.firstDifference(from: record.checksums) == nil
            if !isRight { return .other }
            return FileCalls.makeLast(place.last, in: directory) ? .right : .unknown
        }
        return found ?? .unknown
    }
}
