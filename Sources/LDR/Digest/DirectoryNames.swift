import Glibc

/// The names in a directory.
enum DirectoryNames {
    /// Without `.` and `..`, and without those that are not UTF-8; nil when it cannot be read, with the reason in
    /// `errno`.
    static func of(_ path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
