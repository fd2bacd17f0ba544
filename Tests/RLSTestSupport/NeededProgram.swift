import Foundation

/// Programs that the tests start beside the project's own.
package enum NeededProgram {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package static func path(_ name: String, package: String) throws -> Executable {
        let places = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin", "/sbin"]
        guard let place = places.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }) else {
            throw Failure(description: "no \(name) here: install the Debian package \(package)")
        }
        return Executable(path: "\(place)/\(name)")
    }
}
