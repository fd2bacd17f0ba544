import Glibc
import RLSCore

extension Landing {
    /// Whether a file with the record's size and checksum has the name already. Without a checksum nobody can tell.
    ///
    /// - Parameters:
    ///   - root: absolute path of the partition
    ///   - name: path below it
    func isThere(_ record: FileRecord, root: String, name: String) async -> Bool {
        guard let kind = record.checksums.strongest, FileCalls.size("\(root)/\(name)") == record.size else {
            return false
        }
        let found = await threads.run { [permissions] isCancelled in
            guard let place = try? LandingPlace(root: root, name: ByteString(name)),
                let directory = try? place.openDirectory(searchableBy: permissions)
            else { return false }
            defer { close(directory) }
            let file = openat(directory, place.last, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
            guard file >= 0, let blocks = try? FileBlocks(descriptor: file, path: place.description),
                let digested = try? ContentDigest.of(
                    blocks, path: place.description, kinds: [kind], isCancelled: isCancelled)
            else { return false }
            return digested.size == record.size && digested.checksums.firstDifference(from: record.checksums) == nil
        }
        return found ?? false
    }
}
