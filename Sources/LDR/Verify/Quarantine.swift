import CLinux
import Foundation

/// The directory of a partition for files that should not be where they were found. They stay until somebody removes them.
struct Quarantine {
    /// Files that once had the same name.
    private static let most = 1_000

    private let partition: StoragePartition

    init(_ partition: StoragePartition) { self.partition = partition }

    /// - Returns: what went wrong
    func take(_ path: String) -> String? {
        let from = partition.root + "/" + path
        let to = partition.root + "/.ldr-quarantine/" + path
        do {
            let directory = String(to[..<(to.lastIndex(of: "/") ?? to.endIndex)])
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch { return "\(from): \(error.localizedDescription)" }
        // What is there already may be the good one.
        for number in 1...Self.most {
            let free = number == 1 ? to : "\(to).\(number)"
            if renameat2(AT_FDCWD, from, AT_FDCWD, free, rls_rename_noreplace) == 0 { return nil }
            if errno == EEXIST { continue }
            return "\(from): not moved to quarantine: \(String(cString: strerror(errno)))"
        }
        return "\(from): not moved to quarantine: \(to) is there \(Self.most) times: remove some"
    }
}
