/// A server of files on loopback that tests kill and start again on its port.
package protocol FileServer: Sendable {
    var port: Int { get }

    /// With all that serves its connections. They may be there for a moment longer.
    func kill()

    /// Kills it, and returns when nothing of it is left and its port is free.
    func end() async throws
}

extension FileServer {
    /// Until nobody listens.
    func waitForFreePort() async throws {
        guard try await eventually({ (try? RawClient(port: port)) == nil }) else {
            throw NeededProgram.Failure(description: "somebody still listens on port \(port)")
        }
    }
}
