/// A server of files on loopback that tests kill and start again on its port.
package protocol FileServer: Sendable {
    var port: Int { get }

    /// With all that serves its connections.
    func kill()
}
