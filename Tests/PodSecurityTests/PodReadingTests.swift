import Foundation
import KubernetesAPI
import PodSecurity
import Testing

@Suite struct PodReadingTests {
    @Test(
        "A field that cannot be read is named with its path",
        arguments: [
            (#"{"spec":{"hostPID":"true"}}"#, "spec.hostPID", "true or false"),
            (
                #"{"spec":{"containers":[{"name":"a"},{"name":"b","securityContext":{"privileged":1.5}}]}}"#,
                "spec.containers[1].securityContext.privileged", "true or false"
            ),
            (#"{"spec":{"containers":{}}}"#, "spec.containers", "a list"),
            (#"{"spec":{"securityContext":{"runAsUser":"0"}}}"#, "spec.securityContext.runAsUser", "an integer"),
            (#"{"spec":{"volumes":["v"]}}"#, "spec.volumes[0]", "an object"),
            (
                #"{"spec":{"containers":[{"ports":[{"hostPort":"80"}]}]}}"#,
                "spec.containers[0].ports[0].hostPort", "an integer"
            ),
            (#"{"spec":{"containers":[null]}}"#, "spec.containers[0]", "an object"),
            (#"{"spec":"#, "(document)", "JSON"),
            (#"{"metadata":{"annotations":{"a":1}}}"#, "metadata.annotations.a", "a string"),
        ]
    )
    func unreadable(_ json: String, _ path: String, _ expectation: String) throws {
        do {
            _ = try pod(json)
            Issue.record("it was read")
        } catch let error as JSONError {
            let error = FieldError(error)
            #expect(error.field == path)
            #expect(error.expected.contains(expectation), "\(error)")
        }
    }

    @Test(
        "What is left out or null is unset",
        arguments: [
            "{}", #"{"metadata":null,"spec":null}"#, #"{"metadata":{"annotations":null},"spec":{}}"#,
            #"{"spec":{"containers":null,"initContainers":null,"ephemeralContainers":null,"volumes":null,"os":null}}"#,
            #"{"spec":{"securityContext":null,"hostUsers":null,"hostPID":null}}"#,
            #"{"spec":{"os":{}},"status":{"hostIP":1},"unknown":[{}]}"#,
        ]
    )
    func absent(_ json: String) throws {
        #expect(try pod(json) == PodTemplateSpec(spec: PodSpec()))
    }

    @Test("An annotation without a value is empty, as to the API server")
    func emptyAnnotation() throws {
        #expect(try pod(#"{"metadata":{"annotations":{"a":null,"b":"c"}}}"#).annotations == ["a": "", "b": "c"])
    }

    @Test("A volume lists its sources; without one it is an emptyDir")
    func volumes() throws {
        let pod = try spec(
            #"{"volumes":[{"name":"a"},{"name":"b","nfs":null},{"name":"c","secret":{},"hostPath":{"path":"/"}}]}"#
        )
        #expect(pod.spec.volumes.map(\.sources) == [["emptyDir"], ["emptyDir"], ["hostPath", "secret"]])
    }
}
