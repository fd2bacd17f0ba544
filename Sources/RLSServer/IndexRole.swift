import RLSCore
import RLSSoftState
import RLSWire

/// What makes a server an index.
package struct IndexRole: Sendable {
    package let locations: LocationIndex
    package let receiver: UpdateReceiver

    package init(locations: LocationIndex, receiver: UpdateReceiver) {
        self.locations = locations
        self.receiver = receiver
    }
}

/// What a connection may ask of the part of the server that updates others.
package protocol UpdateControl: Sendable {
    /// Full updates to all, now.
    func updateNow()
    /// The list of index servers to update is another.
    func registryChanged()
    var status: [SoftStateStatus] { get }
    /// What is sent, and whether all filters have been built.
    var flags: ServerStatistics.Flags { get }
}
