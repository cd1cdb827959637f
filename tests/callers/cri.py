#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
One call of the Kubernetes Container Runtime Interface, as a kubelet makes it:
cri.py SOCKET METHOD [REQUEST]. The request is JSON, the answer is printed as JSON.

In:  SOCKET, of containerd or CRI-O; METHOD of runtime.v1's RuntimeService or ImageService
Out: status 1, with the server's words on stderr, where it refuses
"""
import json
import os
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

# What is used here of runtime.v1: messages with name, number and type of their fields ("*" is
# repeated). Others that a server sends are unknown fields, which are no error.
MESSAGES = """
PodSandboxMetadata   name 1 string; uid 2 string; namespace 3 string; attempt 4 uint32
NamespaceOption      network 1 int32; pid 2 int32; ipc 3 int32
SandboxSecurity      namespace_options 1 NamespaceOption
LinuxPodSandbox      cgroup_parent 1 string; security_context 2 SandboxSecurity
PodSandboxConfig     metadata 1 PodSandboxMetadata; hostname 2 string; log_directory 3 string;
                     linux 8 LinuxPodSandbox
RunPodSandboxRequest config 1 PodSandboxConfig; runtime_handler 2 string
RunPodSandboxResponse pod_sandbox_id 1 string
PodSandboxStatusRequest pod_sandbox_id 1 string
PodSandboxStatus     id 1 string; state 3 int32; runtime_handler 9 string
PodSandboxStatusResponse status 1 PodSandboxStatus
StopPodSandboxRequest pod_sandbox_id 1 string
StopPodSandboxResponse
RemovePodSandboxRequest pod_sandbox_id 1 string
RemovePodSandboxResponse
ImageSpec            image 1 string
Image                id 1 string; repo_tags 2 *string
ImageStatusRequest   image 1 ImageSpec
ImageStatusResponse  image 1 Image
ContainerMetadata    name 1 string; attempt 2 uint32
KeyValue             key 1 string; value 2 string
Mount                container_path 1 string; host_path 2 string; readonly 3 bool
LinuxResources       cpu_period 1 int64; cpu_quota 2 int64; cpu_shares 3 int64;
                     memory_limit_in_bytes 4 int64
Int64Value           value 1 int64
ContainerSecurity    namespace_options 3 NamespaceOption; run_as_user 5 Int64Value;
                     readonly_rootfs 7 bool
LinuxContainer       resources 1 LinuxResources; security_context 2 ContainerSecurity
ContainerConfig      metadata 1 ContainerMetadata; image 2 ImageSpec; command 3 *string;
                     args 4 *string; working_dir 5 string; envs 6 *KeyValue; mounts 7 *Mount;
                     log_path 11 string; linux 15 LinuxContainer
CreateContainerRequest pod_sandbox_id 1 string; config 2 ContainerConfig;
                     sandbox_config 3 PodSandboxConfig
CreateContainerResponse container_id 1 string
StartContainerRequest container_id 1 string
StartContainerResponse
StopContainerRequest container_id 1 string; timeout 2 int64
StopContainerResponse
RemoveContainerRequest container_id 1 string
RemoveContainerResponse
ContainerStatusRequest container_id 1 string
ContainerStatus      id 1 string; state 3 int32; exit_code 7 int32; reason 10 string;
                     message 11 string
ContainerStatusResponse status 1 ContainerStatus
UpdateContainerResourcesRequest container_id 1 string; linux 2 LinuxResources
UpdateContainerResourcesResponse
ExecSyncRequest      container_id 1 string; cmd 2 *string; timeout 3 int64
ExecSyncResponse     stdout 1 bytes; stderr 2 bytes; exit_code 3 int32
"""


def message_classes():
    """The classes of MESSAGES, by name."""
    file = descriptor_pb2.FileDescriptorProto(
        name="cri.proto", package="runtime.v1", syntax="proto3")
    for line in MESSAGES.replace("\n  ", " ").strip().splitlines():
        name, _, fields = line.partition(" ")
        message = file.message_type.add(name=name)
        for field in filter(None, map(str.split, fields.split(";"))):
            word, number, kind = field
            entry = message.field.add(name=word, json_name=word, number=int(number))
            entry.label = entry.LABEL_REPEATED if kind[0] == "*" else entry.LABEL_OPTIONAL
            kind = kind.lstrip("*")
            if kind[0].isupper():
                entry.type = entry.TYPE_MESSAGE
                entry.type_name = ".runtime.v1." + kind
            else:
                entry.type = getattr(entry, "TYPE_" + kind.upper())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {m.name: factory.GetPrototype(pool.FindMessageTypeByName("runtime.v1." + m.name))
            for m in file.message_type}


def main():
    socket, method = sys.argv[1:3]
    classes = message_classes()
    service = "ImageService" if method.startswith("Image") else "RuntimeService"
    request = json_format.Parse(sys.argv[3] if len(sys.argv) > 3 else "{}",
                                classes[method + "Request"]())
    channel = grpc.insecure_channel("unix://" + socket)
    call = channel.unary_unary("/runtime.v1.%s/%s" % (service, method),
                               request_serializer=type(request).SerializeToString,
                               response_deserializer=classes[method + "Response"].FromString)
    try:
        answer = call(request, timeout=int(os.environ["LIMIT"]))
    except grpc.RpcError as error:
        sys.exit("%s: %s: %s" % (method, error.code().name, error.details()))
    values = json_format.MessageToDict(answer, including_default_value_fields=True,
                                       preserving_proto_field_name=True)
    for stream in ("stdout", "stderr"):
        if stream in values:
            values[stream] = getattr(answer, stream).decode(errors="replace")
    print(json.dumps(values))


main()
