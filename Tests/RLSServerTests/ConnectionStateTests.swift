import NIOCore
import RLSConfiguration
import RLSCore
import Testing

@testable import RLSServer

@Suite struct ConnectionStateTests {
    @Test func readsWaitForWritesAndWritesFollowWrites() {
        var state = ConnectionState()
        #expect(state.mayBegin(.read) && state.mayBegin(.write))
        state.beganWrite(bytes: 10)
        #expect(!state.mayBegin(.read))
        #expect(state.mayBegin(.write))
        state.beganWrite(bytes: 10)
        state.finishedWrite(bytes: 10)
        #expect(!state.mayBegin(.read))
        state.finishedWrite(bytes: 10)
        #expect(state.mayBegin(.read))
    }

    @Test func writesOnTheirWayAreBounded() {
        var state = ConnectionState()
        for _ in 0..<128 { state.beganWrite(bytes: 1) }
        #expect(!state.mayBegin(.write))
        state = ConnectionState()
        state.beganWrite(bytes: 9 << 20)
        #expect(!state.mayBegin(.write))
        state.finishedWrite(bytes: 9 << 20)
        #expect(state.mayBegin(.write))
    }

    /// Of other threads: the ones on event loops are reads.
    @Test func lookupsFollowLookupsAndWaitForWrites() {
        var state = ConnectionState()
        #expect(state.mayBegin(.lookup))
        state.beganWrite(bytes: 1)
        #expect(!state.mayBegin(.lookup) && state.mayBegin)
        state.finishedWrite(bytes: 1)
        for _ in 0..<64 {
            #expect(state.mayBegin(.lookup) && state.mayBegin)
            state.beganLookup()
            #expect(!state.mayBegin(.read) && !state.mayBegin(.write) && !state.isIdle)
        }
        #expect(!state.mayBegin(.lookup) && !state.mayBegin)
        state.finishedLookup()
        state.beganStream()
        #expect(!state.mayBegin(.lookup))
        state.finishedStream()
        #expect(state.mayBegin(.lookup))
        state.finish()
        for _ in 0..<63 {
            #expect(!state.isDone)
            state.finishedLookup()
        }
        #expect(state.isDone)
    }

    @Test func nothingBeginsBesideAStreamOrWhenTheClientIsDeaf() {
        var state = ConnectionState()
        state.beganStream()
        #expect(!state.mayBegin(.read) && !state.mayBegin(.write))
        state.finishedStream()
        state.isWritable = false
        #expect(!state.mayBegin(.read) && !state.mayBegin(.write))
    }

    @Test func endsWhenWhatRunsIsDone() {
        var state = ConnectionState()
        state.beganWrite(bytes: 1)
        state.finish()
        #expect(!state.mayBegin(.write))
        #expect(!state.isDone)
        state.finishedWrite(bytes: 1)
        #expect(state.isDone)
    }

    @Test func clock() {
        var configuration = ServerConfiguration()
        configuration.idleTimeout = 100
        configuration.requestTimeout = 10
        configuration.writeTimeout = 20
        var clock = ConnectionClock(configuration)
        let start = NIODeadline.now()
        clock.received(at: start)
        #expect(clock.verdict(at: start + .seconds(99)) == nil)
        #expect(clock.verdict(at: start + .seconds(101)) == .idle)
        clock.isBusy = true
        #expect(clock.verdict(at: start + .seconds(101)) == nil)
        clock.isBusy = false
        clock.waitsForRest(true)
        clock.received(at: start + .seconds(5))
        clock.waitsForRest(true)
        // Dripping does not extend the time of a request.
        #expect(clock.verdict(at: start + .seconds(11)) == .requestIncomplete)
        clock.waitsForRest(false)
        clock.writability(false, at: start + .seconds(5))
        clock.writability(false, at: start + .seconds(24))
        #expect(clock.verdict(at: start + .seconds(26)) == .replyNotRead)
        clock.writability(true, at: start + .seconds(26))
        #expect(clock.verdict(at: start + .seconds(27)) == nil)
    }

    @Test func admission() {
        let admission = AdmissionControl()
        var limits = ServerConfiguration()
        limits.maximumConnections = 3
        limits.maximumConnectionsPerAddress = 2
        #expect(admission.enter(address: "a", limits: limits) == nil)
        #expect(admission.enter(address: "a", limits: limits) == nil)
        #expect(admission.enter(address: "a", limits: limits)?.contains("one address") == true)
        #expect(admission.enter(address: "b", limits: limits) == nil)
        #expect(admission.enter(address: "c", limits: limits)?.contains("maxconnections 3") == true)
        admission.leave(address: "a")
        #expect(admission.enter(address: "c", limits: limits) == nil)
        #expect(admission.connections == 3)
    }
}
