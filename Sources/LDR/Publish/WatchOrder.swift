import SystemPackage

/// Of several watched directories, which one a name belongs to. The LFN of a watched file is its path below the directory.
package struct WatchOrder: Sendable {
    private let directories: [FilePath]

    package init(_ directories: [FilePath]) { self.directories = directories }

    /// Why a file of one of them is not published: a directory before it has another file of that name. Copies of one file may lie
    /// in both: only what differs in size is taken for another, for to know more all would have to be read.
    /// - Parameter place: of the file's directory
    package func problem(_ file: CandidateFile, in place: Int) -> FileProblem? {
        for directory in directories.prefix(place) {
            let path = directory.pushing(FilePath(file.lfn))
            guard case .file(let other)? = try? FileEntry(path, followsLinks: false), other.size != file.state.size
            else {
                continue
            }
            return FileProblem(
                file.state.path, "would have the LFN \(file.lfn), as \(path) has already: give one another name")
        }
        return nil
    }
}
