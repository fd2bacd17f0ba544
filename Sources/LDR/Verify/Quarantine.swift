import Foundation

/// The directory of a partition for files that should not be where they were found. They stay until somebody removes them.
struct Quarantine {
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
        // A later one of the same name takes the place of the earlier.
        return rename(from, to) == 0 ? nil : "\(from): not moved to quarantine: \(String(cString: strerror(errno)))"
    }
}
