import Glibc

/// Files of one partition that get their names together. For many the disk is asked twice, not twice for each: for their
/// contents before the first has its name, and for their names.
struct LandingGroup {
    let files: [VerifiedFile]
    let fileSystems: FileSystems

    /// From so many on the file system is asked for all that it holds, which may be more than these, where it can be.
    private static let many = 8

    /// - Returns: for each file, in their order, whether it has the name, or something else had it; files without failure have
    ///   it after a loss of power, too
    func name() -> [LandingGroups.Outcome] {
        guard let root = files.first?.file.place.root else { return [] }
        let flushed = flushContents(root)
        var directories = OpenDirectories()
        defer { directories.closeAll() }
        var outcomes: [LandingGroups.Outcome] = []
        for (file, failure) in zip(files, flushed) {
            outcomes.append(failure.map { .failure($0) } ?? Self.name(file, &directories))
        }
        if let failure = flush(directories.descriptors, of: root) {
            outcomes = outcomes.map { outcome in outcome.flatMap { _ in .failure(failure) } }
        }
        return outcomes
    }

    private static func name(_ verified: VerifiedFile, _ directories: inout OpenDirectories) -> LandingGroups.Outcome {
        do throws(TransferFailure) {
            let file = verified.file
            return .success(try file.rename(into: try directories.open(file.place, searchableBy: file.permissions)))
        } catch {
            return .failure(error)
        }
    }

    // MARK: What is to last

    private func flushContents(_ root: String) -> [TransferFailure?] {
        if files.count >= Self.many, fileSystems.flush(root) { return files.map { _ in nil } }
        // Where that fails each may say for itself.
        return files.map { Self.flush($0.file.path) }
    }

    private static func flush(_ path: String) -> TransferFailure? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return FileCalls.failure(path, errno) }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? nil : FileCalls.failure(path, errno)
    }

    private func flush(_ directories: [Int32], of root: String) -> TransferFailure? {
        if directories.count >= Self.many, fileSystems.flush(root) { return nil }
        for directory in directories where fsync(directory) != 0 { return FileCalls.failure(root, errno) }
        return nil
    }
}

/// Directories that files of a group go to.
private struct OpenDirectories {
    private var known: [[[CChar]]: Int32] = [:]

    var descriptors: [Int32] { Array(known.values) }

    mutating func open(
        _ place: LandingPlace, searchableBy permissions: mode_t
    ) throws(TransferFailure) -> Int32 {
        if let descriptor = known[place.directories] { return descriptor }
        let descriptor = try place.openDirectory(searchableBy: permissions)
        known[place.directories] = descriptor
        return descriptor
    }

    mutating func closeAll() {
        for descriptor in descriptors { close(descriptor) }
        known = [:]
    }
}
