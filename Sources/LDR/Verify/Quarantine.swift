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
        var free = to
        var number = 1
        // What is there already may be the good one.
        while access(free, F_OK) == 0 && number < 1_000 {
            number += 1
            free = "\(to).\(number)"
        }
        return rename(from, free) == 0 ? nil : "\(from): not moved to quarantine: \(String(cString: strerror(errno)))"
    }
}
